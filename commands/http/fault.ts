// A fault of our own in the log: what it is and where it came from, not what the request was. An error of PostgreSQL's carries rows in its detail; they stay out.
import type { FastifyBaseLogger } from 'fastify'

const MAX_CAUSES = 5

interface Fault {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: Fault
}

function faultOf(error: unknown, depth = 0): Fault {
  if (!(error instanceof Error)) return { type: typeof error, message: 'something was thrown that is not an error' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    type: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: faultOf(error.cause, depth + 1) }),
  }
}

export const logFault = (log: FastifyBaseLogger, error: unknown): void => log.error({ fault: faultOf(error) }, 'fault of the server')
