// Problems (RFC 9457): every way in which a request is not done, as plain data with a stable code. HTTP and the command line show the same ones.
import type { EntityId } from '../ledger/entity-id.ts'
import type { FieldError } from '../ledger/failure.ts'
import type { Rejection } from './command.ts'
import { rejections, type RejectionCode } from './rejection.ts'

/** Codes that are not the domain's own, with their status and title. */
export const problemKinds = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  foreign_cursor: { status: 400, title: 'The cursor is of another history' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  not_found: { status: 404, title: 'There is no such thing' },
  version_conflict: { status: 409, title: 'Other writers were faster' },
  already_exists: { status: 409, title: 'The entity exists already' },
  precondition_failed: { status: 412, title: 'The entity is at another version' },
  payload_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  idempotency_key_reused: { status: 422, title: 'The key belongs to another command' },
  aborted: { status: 424, title: 'Another line of the request failed' },
  rate_limited: { status: 429, title: 'Too many commands' },
  internal_error: { status: 500, title: 'This is a fault of the server' },
  overloaded: { status: 503, title: 'The server has too much to do' },
  not_yet: { status: 504, title: 'The view has not seen that yet' },
  took_too_long: { status: 504, title: 'The question took too long' },
  unavailable: { status: 503, title: 'The database, or what else is needed, does not answer' },
} as const

export type ProblemCode = keyof typeof problemKinds | RejectionCode

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
  readonly instance?: string
  readonly errors?: readonly FieldError[]
  readonly entityId?: EntityId
  readonly expectedVersion?: number
  readonly actualVersion?: number
  /** What a view has seen. */
  readonly seen?: { readonly partition: number; readonly position: number }
  /** Not shown: after how many seconds to try again (Retry-After). */
  readonly retryAfterSeconds?: number
}

type Extras = Partial<Omit<Problem, 'type' | 'title' | 'status' | 'detail' | 'code'>>

/** A URI that names the kind of problem; docs/reference/problems.md explains each. */
const typeOf = (code: ProblemCode): string => `urn:strata:problem:${code}`

export const problem = (code: keyof typeof problemKinds, detail: string, extras: Extras = {}): Problem => ({
  type: typeOf(code),
  title: problemKinds[code].title,
  status: problemKinds[code].status,
  detail,
  code,
  ...extras,
})

const REJECTED = 422

export const rejected = ({ code, detail, pointer }: Rejection, entityId: EntityId): Problem => ({
  type: typeOf(code),
  title: rejections[code],
  status: REJECTED,
  detail,
  code,
  entityId,
  ...(pointer !== undefined && { errors: [{ pointer, detail }] }),
})
