// One at a time, over all processes: the lock is a session's of the ledger's database, so that whoever dies gives it back.
import { onConnection, type Database } from '../../ledger/database.ts'

/** The work's result; undefined: another process is at it. The signal is aborted when the lock is lost. */
export function exclusively<Result>(
  database: Database,
  name: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  return onConnection(database, async (connection) => {
    const { rows } = await connection.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as taken', [name])
    if (rows[0]?.taken !== true) return undefined
    const lost = new AbortController()
    const lose = (error: Error): void => lost.abort(error)
    connection.on('error', lose)
    try {
      return await work(lost.signal)
    } finally {
      connection.off('error', lose)
      await connection.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name]).catch(() => undefined)
    }
  })
}
