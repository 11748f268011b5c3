// A fault of our own in the log: what it is and where it came from, not what the request was. An error of PostgreSQL's carries rows in its detail; they stay out, as do the values and the ids of
// entities, which begin with their owners, that a message may quote.
import type { FastifyBaseLogger } from 'fastify'
import { kinds } from '../../ledger/entities/index.ts'
import type { RequestTrace } from '../submit/request-trace.ts'

const MAX_CAUSES = 5

interface Fault {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: Fault
}

const ENTITY_ID = new RegExp(`\\b(${Object.keys(kinds).join('|')}):[A-Za-z0-9._~@-]+(:[A-Za-z0-9._~@-]+)?`, 'g')
/** What PostgreSQL quotes where data is wrong (class 22), or a row breaks a rule (class 23). */
const QUOTED_VALUE = /: ".*"$/s

const withoutValues = (message: string): string => message.replaceAll(ENTITY_ID, '$1:…').replace(QUOTED_VALUE, ': …')

/** Where it came from, without the message, which stands before. */
const framesOf = (stack: string): string => stack.slice(Math.max(0, stack.search(/^ {4}at /m)))

export function faultOf(error: unknown, depth = 0): Fault {
  if (!(error instanceof Error)) return { type: typeof error, message: 'something was thrown that is not an error' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    type: error.name,
    message: withoutValues(error.message),
    ...(code !== undefined && { code }),
    ...(error.stack !== undefined && { stack: framesOf(error.stack) }),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: faultOf(error.cause, depth + 1) }),
  }
}

export const logFault = (log: FastifyBaseLogger, error: unknown, trace?: RequestTrace): void =>
  log.error({ fault: faultOf(error), ...trace?.ids }, 'fault of the server')
