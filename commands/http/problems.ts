// Whatever goes wrong in a request, as `application/problem+json`: what was thrown becomes a problem, and a problem an answer. Faults of our own are told to the log, and to nobody else.
import type { FastifyReply } from 'fastify'
import { BadPlace, ForeignPlace } from '../../ledger/feed-place.ts'
import {
  Forbidden,
  InTheFuture,
  InvalidRequest,
  NotFound,
  NotYet,
  Overloaded,
  TookTooLong,
  toFailure,
  Unavailable,
  VersionConflict,
} from '../../ledger/failure.ts'
import { problem, type Problem } from '../problem.ts'
import type { RequestTrace } from '../submit/request-trace.ts'
import { RETRY_AFTER_SECONDS, type OnFault } from '../submit/submitter.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import { afterBody } from './unread-body.ts'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

const retry = { retryAfterSeconds: RETRY_AFTER_SECONDS }

export const tooLarge = (what: string, bytes: number): Problem => problem('payload_too_large', `${what} may have ${bytes} bytes at most`)

/** What Fastify finds wrong by itself. */
const frameworkProblems: Readonly<Record<string, () => Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => tooLarge('the body', MAX_BODY_BYTES),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => problem('unsupported_media_type', 'this route does not read bodies of this content type'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => problem('invalid_request', 'the body is not as long as Content-Length says'),
  FST_ERR_BAD_URL: () => problem('invalid_request', 'the path is not valid: it has a bad percent-encoding'),
  FST_ERR_MAX_PARAM_LENGTH: () => problem('invalid_request', 'a part of the path is too long'),
}

/** Undefined: a fault of our own. */
function known(error: unknown): Problem | undefined {
  const failure = toFailure(error)
  if (failure instanceof InvalidRequest) return problem('invalid_request', failure.message, { errors: failure.errors })
  if (failure instanceof Forbidden) return problem('forbidden', failure.message)
  if (failure instanceof NotFound)
    return problem('not_found', failure.message, failure.entityId === undefined ? {} : { entityId: failure.entityId })
  if (failure instanceof ForeignPlace) return problem('foreign_cursor', failure.message)
  if (failure instanceof InTheFuture || failure instanceof BadPlace) return problem('invalid_request', failure.message)
  if (failure instanceof Overloaded) return problem('overloaded', failure.message, retry)
  if (failure instanceof Unavailable) return problem('unavailable', failure.message, retry)
  if (failure instanceof NotYet) return problem('not_yet', failure.message, { seen: failure.seen })
  if (failure instanceof TookTooLong) return problem('took_too_long', failure.message)
  if (failure instanceof VersionConflict) return problem('version_conflict', failure.message)
  return refusedByFramework(failure)
}

function refusedByFramework(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, statusCode } = error as Error & { readonly code?: string; readonly statusCode?: number }
  const named = frameworkProblems[code ?? '']
  if (named) return named()
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
    ? problem('invalid_request', 'the request is not valid')
    : undefined
}

export function problemOf(error: unknown, onFault: OnFault, trace: RequestTrace | null = null): Problem {
  const found = known(error)
  if (found) return found
  onFault(error, trace ?? undefined)
  return problem('internal_error', 'the server has logged why')
}

/** A problem as it is shown. */
export function problemText({ retryAfterSeconds: _, ...shown }: Problem, instance: string): string {
  const { type, title, status, detail, code, ...rest } = shown
  return JSON.stringify({ type, title, status, detail, instance, code, ...rest })
}

/** The path that was asked, without its query. */
export const pathOf = (url: string): string => {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

/** Answers with a problem, after what is left of the body has been let go by: who is still sending it does not see an answer. */
export function sendProblem(reply: FastifyReply, shown: Problem): FastifyReply {
  afterBody(reply.request.raw, (complete) => {
    if (reply.raw.destroyed || reply.sent) return
    reply.problemCode = shown.code
    reply.code(shown.status).header('content-type', PROBLEM_TYPE)
    if (shown.retryAfterSeconds !== undefined) reply.header('retry-after', String(shown.retryAfterSeconds))
    if (!complete) reply.header('connection', 'close')
    reply.send(problemText(shown, pathOf(reply.request.url)))
  })
  return reply
}
