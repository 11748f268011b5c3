// Connections to PostgreSQL, and how its values come out: int8 as number (positions stay far below 2^53), numeric as string, timestamptz as canonical Instant.
// Everything that talks to the database gets its pool here, so that the mapping is made once.
import pg from 'pg'
import { isStalePlan, isUnavailable } from './failure.ts'
import { fromPostgres } from './instant.ts'

export type Database = pg.Pool
export type Connection = pg.PoolClient

const INT8 = 20
const NUMERIC = 1700
const TIMESTAMPTZ = 1184
const CONNECT_TIMEOUT_MS = 5_000
const IDLE_TIMEOUT_MS = 30_000
const STATEMENT_TIMEOUT_MS = 60_000

const parsers: Readonly<Record<number, (text: string) => unknown>> = { [INT8]: Number, [NUMERIC]: String, [TIMESTAMPTZ]: fromPostgres }
const types = {
  getTypeParser: ((oid: number, format?: 'text') => parsers[oid] ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

export interface DatabaseOptions {
  readonly url: string
  readonly connections: number
  /** Shown in pg_stat_activity. */
  readonly name: string
  readonly statementTimeoutMs?: number
  /** False: what is written is acknowledged before it is on the disk. Only for what can be made again from the ledger. */
  readonly synchronousCommit?: boolean
  /** A connection broke. */
  readonly onLost?: () => void
}

export function openDatabase({
  url,
  connections,
  name,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
  synchronousCommit = true,
  onLost,
}: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: `strata ${name}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    options: `-c timezone=UTC -c datestyle=ISO -c jit=off${synchronousCommit ? '' : ' -c synchronous_commit=off'}`,
    types,
  })
  // A connection that breaks while nothing is asked of it, idle or lent out, is replaced by the pool; without a listener the process would end.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
    if (onLost) client.once('error', onLost)
  })
  askAgainWhereStale(pool)
  return pool
}

/** A pool throws a connection away on which a statement failed: as often as there may be connections with plans from before the schema changed, it is asked again on another. */
function askAgainWhereStale(pool: Database): void {
  const ask = pool.query.bind(pool) as (...question: readonly unknown[]) => Promise<unknown>
  const asked = async (...question: readonly unknown[]): Promise<unknown> => {
    for (let left = pool.options.max; ; left--) {
      try {
        return await ask(...question)
      } catch (error) {
        if (left === 0 || !isStalePlan(error)) throw error
      }
    }
  }
  pool.query = asked as typeof pool.query
}

/** On a connection of the pool, which stays there unless it broke or its plans are stale: `pool.query` throws it away, with all its plans, whenever a statement is refused. */
export async function onConnection<Result>(database: Database, use: (connection: Connection) => Promise<Result>): Promise<Result> {
  const connection = await database.connect()
  let broken: Error | undefined
  try {
    return await use(connection)
  } catch (error) {
    if (isUnavailable(error) || isStalePlan(error)) broken = error as Error
    throw error
  } finally {
    connection.release(broken)
  }
}
