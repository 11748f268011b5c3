// A session of a Snowflake account: one statement at a time, each with a time of its own in which it is answered; and transactions.
import type { Connection } from 'snowflake-sdk'
import { Unavailable } from '../../../ledger/failure.ts'
import type { SnowflakeAddress } from './address.ts'
import { connect } from './driver.ts'
import { failure, LostSession } from './failure.ts'
import { inTime } from './in-time.ts'

/** For an answer. A warehouse may have to be resumed first. */
export const STATEMENT_TIMEOUT_MS = 120_000
/** That a statement waits for a lock of another transaction. */
export const LOCK_TIMEOUT_SECONDS = 60
/** For a new session. */
export const CONNECT_WITHIN_MS = 20_000
/** Snowflake ends a transaction that holds up another one and has done nothing for 5 minutes: what has stood still for nearly as long is begun again. */
export const MAX_STILL_MS = 240_000
const END_WITHIN_MS = 2_000

export type Value = string | number | boolean | null
/** Text, but for true and false; in the order of the columns. */
export type Row = readonly (string | boolean | null)[]

export interface RunOptions {
  readonly values?: readonly Value[]
  readonly timeoutMs?: number
  /** What is thrown when the time is over. */
  readonly late?: (timeoutMs: number) => Error
  readonly signal?: AbortSignal | undefined
}

export interface Session {
  /** Throws Unavailable, LostSession, what the driver throws, and the signal's reason. */
  run(text: string, options?: RunOptions): Promise<readonly Row[]>
  /** All of the work, or nothing. Throws what it throws. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>
  /** How long the server works on a statement, from now on. */
  limit(timeoutMs: number): Promise<void>
  /** Whether it may be used again. */
  readonly isGood: boolean
  end(): Promise<void>
}

export interface SessionOptions {
  readonly address: SnowflakeAddress
  readonly statementTimeoutMs: number
  /** Told of every statement before it is sent. */
  readonly onStatement: (text: string) => void
}

/** Throws Unavailable. */
export async function openSession({ address, statementTimeoutMs, onStatement }: SessionOptions): Promise<Session> {
  const connection = await inTime(connect(address), Math.min(CONNECT_WITHIN_MS, statementTimeoutMs), late)
  const session = sessionOn(connection, statementTimeoutMs, onStatement)
  await session.run(settings(statementTimeoutMs))
  return session
}

/** Whatever the account says: times are UTC, and no answer is cut short. What waits or runs too long ends on the server as well; a failed statement ends its transaction; `strata` stands in the account's history of queries. */
const settings = (statementTimeoutMs: number): string =>
  [
    "ALTER SESSION SET TIMEZONE = 'UTC', TIMESTAMP_INPUT_FORMAT = 'AUTO', DATE_INPUT_FORMAT = 'AUTO', ROWS_PER_RESULTSET = 0, QUERY_TAG = 'strata',",
    `STATEMENT_TIMEOUT_IN_SECONDS = ${wholeSeconds(statementTimeoutMs)}, LOCK_TIMEOUT = ${LOCK_TIMEOUT_SECONDS},`,
    'ABORT_DETACHED_QUERY = TRUE, TRANSACTION_ABORT_ON_ERROR = TRUE',
  ].join(' ')

const wholeSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000))

const late = (timeoutMs: number): Error => new Unavailable(`Snowflake has not answered within ${timeoutMs / 1_000} s`)

function sessionOn(connection: Connection, statementTimeoutMs: number, onStatement: (text: string) => void): Session {
  let isGood = true
  let isInTransaction = false
  let answeredAt = Date.now()
  let limitSeconds = wholeSeconds(statementTimeoutMs)

  async function run(text: string, { values, timeoutMs = statementTimeoutMs, late: lateness = late, signal }: RunOptions = {}) {
    signal?.throwIfAborted()
    if (isInTransaction && Date.now() - answeredAt > MAX_STILL_MS) {
      isGood = false
      throw new LostSession('a transaction has stood still for so long that Snowflake may have ended it')
    }
    onStatement(text)
    const { promise, resolve, reject } = Promise.withResolvers<readonly Row[]>()
    let isAnswered = false
    const statement = connection.execute({
      sqlText: text,
      ...(values && { binds: values }),
      complete(error, _, rows) {
        isAnswered = true
        answeredAt = Date.now()
        if (error) reject(failure(error))
        else resolve((rows ?? []) as readonly Row[])
      },
    })
    try {
      return await inTime(promise, timeoutMs, lateness, signal)
    } catch (error) {
      // Without an answer it is not known whether the statement still runs: nothing more is asked of this session.
      if (!isAnswered) statement.cancel(() => undefined)
      if (!isAnswered || error instanceof LostSession || error instanceof Unavailable) isGood = false
      throw error
    }
  }

  return {
    run,
    async transaction(work) {
      await run('BEGIN TRANSACTION')
      isInTransaction = true
      try {
        const result = await work()
        await run('COMMIT')
        return result
      } catch (error) {
        if (isGood) await run('ROLLBACK').catch(() => (isGood = false))
        throw error
      } finally {
        isInTransaction = false
      }
    },
    async limit(timeoutMs) {
      const seconds = wholeSeconds(timeoutMs)
      if (seconds === limitSeconds) return
      await run(`ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = ${seconds}`)
      limitSeconds = seconds
    },
    get isGood() {
      return isGood
    },
    async end() {
      isGood = false
      const { promise, resolve } = Promise.withResolvers<void>()
      connection.destroy(() => resolve())
      await inTime(promise, END_WITHIN_MS, late).catch(() => undefined)
    },
  }
}
