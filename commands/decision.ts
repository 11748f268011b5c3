// Short words for what a decider says: append this, nothing to append, no.
import type { EntityId } from '../ledger/entity-id.ts'
import type { Decision, NewVersion, Rejection } from './command.ts'
import type { RejectionCode } from './rejection.ts'

export interface Refused {
  readonly reject: Rejection
}

/** The command asks for what is so already. */
export const nothing: Decision = { append: [] }

export const append = (...versions: readonly NewVersion[]): Decision => ({ append: versions })

export const reject = (code: RejectionCode, detail: string, pointer?: string): Refused => ({
  reject: { code, detail, ...(pointer === undefined ? {} : { pointer }) },
})

/** A refusal that tells of another entity's state. */
export const about = (id: EntityId, refused: Refused | undefined): Refused | undefined =>
  refused && { reject: { ...refused.reject, about: id } }

/** A version in front of what another decision appends; where that one refuses, its refusal. */
export const before = (first: NewVersion, rest: Decision): Decision => ('append' in rest ? { append: [first, ...rest.append] } : rest)
