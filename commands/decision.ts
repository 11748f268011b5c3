// Short words for what a decider says: append this, nothing to append, no.
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

/** A version in front of what another decision appends; where that one refuses, its refusal. */
export const before = (first: NewVersion, rest: Decision): Decision => ('append' in rest ? { append: [first, ...rest.append] } : rest)
