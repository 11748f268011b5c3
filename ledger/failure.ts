// What can go wrong that is not the domain's "no": typed, each with what a caller can do about it.

/** No turn against other processes in time. Try again. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict'
}

/** The queue is full. Try again a little later. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded'
}

/** The database is away, or went away while it was asked: the work was applied once or not at all, and asking again with the same key finds out which. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** The database refused a row by one of its own rules, which the caller should have kept. */
export class RuleBroken extends Error {
  override readonly name = 'RuleBroken'
  /** The name of the constraint or guard. */
  readonly rule: string
  constructor(message: string, rule: string, options?: ErrorOptions) {
    super(message, options)
    this.rule = rule
  }
}

/** "As of" a time that is in the future. */
export class InTheFuture extends Error {
  override readonly name = 'InTheFuture'
}

/** What is wrong with a request, and where: a JSON pointer into the body, or the name of a query parameter or header. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

/** The request is not well-formed; nothing was looked up for it. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest'
  readonly errors: readonly FieldError[]
  constructor(message: string, errors: readonly FieldError[]) {
    super(message)
    this.errors = errors
  }
}

/** Who asks may not do that. The message says which scope is missing, and nothing of what is there. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden'
}

/** No such entity or version, or not yet there at that time. */
export class NotFound extends Error {
  override readonly name = 'NotFound'
  readonly entityId: string | undefined
  constructor(message: string, entityId?: string) {
    super(message)
    this.entityId = entityId
  }
}

/** A view has not seen what it was asked to have seen, and whoever asked has waited long enough. */
export class NotYet extends Error {
  override readonly name = 'NotYet'
  readonly seen: { readonly partition: number; readonly position: number }
  constructor(message: string, seen: NotYet['seen']) {
    super(message)
    this.seen = seen
  }
}

/** A question took longer than it may, and is no longer worked on. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong'
  constructor(timeoutMs: number) {
    super(`it took more than ${timeoutMs / 1_000} s`)
  }
}

const CHECK_VIOLATION = '23514'
const LOCK_NOT_AVAILABLE = '55P03'
const IN_THE_FUTURE = 'ST002'
const TRANSIENT = new Set(['40001', '40P01', LOCK_NOT_AVAILABLE])
const STALE_CODES = new Set(['0A000', 'XX000'])
const STALE_MESSAGES = /^cached plan must not change result type|^cache lookup failed for|^tuple concurrently updated/
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN', 'ENETUNREACH'])
const PG_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|connection timeout/i

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '')

export const isLockTimeout = (error: unknown): boolean => codeOf(error) === LOCK_NOT_AVAILABLE
/** The schema was changed between a statement's planning and its execution: nothing was done, and on a connection without old plans it can be. */
export const isStalePlan = (error: unknown): boolean =>
  error instanceof Error && STALE_CODES.has(codeOf(error)) && STALE_MESSAGES.test(error.message)
/** Lost to another transaction: the same again may pass. */
export const isTransient = (error: unknown): boolean => TRANSIENT.has(codeOf(error)) || isStalePlan(error)

/** Whether the database is away: no connection (class 08), shutting down or starting up (57P), too many connections (53300), a transaction that stood idle too long (25P03), out of room (class 53, 58), a statement cancelled by its time limit. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof Unavailable) return true
  if (error instanceof AggregateError) return error.errors.some(isUnavailable)
  const code = codeOf(error)
  return (
    NETWORK.has(code) ||
    /^(08|53|57P|58|25006|25P03)/.test(code) ||
    code === '57014' ||
    (error instanceof Error && PG_MESSAGES.test(error.message))
  )
}

/** What pg throws, as one of the above where it is one. */
export function toFailure(error: unknown): unknown {
  if (isUnavailable(error)) return error instanceof Unavailable ? error : new Unavailable('the database does not answer', { cause: error })
  const code = codeOf(error)
  if (code === IN_THE_FUTURE) return new InTheFuture(error instanceof Error ? error.message : 'in the future')
  if (code === CHECK_VIOLATION && error instanceof Error && 'constraint' in error)
    return new RuleBroken(error.message, String(error.constraint), { cause: error })
  return error
}
