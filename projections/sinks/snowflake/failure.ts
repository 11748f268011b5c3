// What the driver says went wrong, as what can be done about it.
import { Unavailable } from '../../../ledger/failure.ts'

/** Of the driver, when it reaches nobody, or is answered by somebody else. */
const NETWORK = /^40[12]\d{3}$/
/** Of the driver and of the server. */
const LOST_SESSION = /^(40700[12]|390104|39011[124])$/
/** No such object, or not for this role. */
const MISSING = '002003'
/** No such column. */
const UNKNOWN_NAME = '000904'
/** A lock was waited for in vain, or the transaction was ended from outside. */
const LOCKED = '000625'
const TIMED_OUT = /^(000630|000604)$/

/** The session is there no more, and neither is what it had not committed: another one begins from the start. */
export class LostSession extends Unavailable {}

export function failure(error: unknown): unknown {
  const code = codeOf(error)
  if (NETWORK.test(code)) return new Unavailable(`Snowflake does not answer: ${messageOf(error)}`, { cause: error })
  if (LOST_SESSION.test(code)) return new LostSession(`Snowflake has ended the session: ${messageOf(error)}`, { cause: error })
  // The driver's own, of a file that it could not transfer, which may be any that its code threw on the way.
  if (code === '') return new Unavailable(`Snowflake has not taken a file: ${messageOf(error)}`, { cause: error })
  return error
}

export const isMissing = (error: unknown): boolean => codeOf(error) === MISSING
/** The view is not there yet, or is that of an older program. */
export const isNotThereYet = (error: unknown): boolean => isMissing(error) || codeOf(error) === UNKNOWN_NAME
export const isLocked = (error: unknown): boolean => codeOf(error) === LOCKED
export const hasTimedOut = (error: unknown): boolean => TIMED_OUT.test(codeOf(error))

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
