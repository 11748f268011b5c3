// A question in shared SQL, answered by one statement: all views in it stand at one instant.
import { Unavailable } from '../../../ledger/failure.ts'
import { TookTooLong, type Select, type SelectedRow } from '../sink.ts'
import { hasTimedOut, isNotThereYet } from './failure.ts'
import { inTime } from './in-time.ts'
import type { Sessions } from './sessions.ts'
import { columnName, fromTexts } from './table-form.ts'
import { asText } from './tables.ts'

export interface SelectOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Throws Unavailable, TookTooLong and the signal's reason. */
export async function selectFrom(
  sessions: Sessions,
  { text, values, columns, orderBy, limit }: Select,
  { timeoutMs, signal }: SelectOptions,
): Promise<readonly SelectedRow[]> {
  const tooLong = (): Error => new TookTooLong(timeoutMs)
  const shown = Object.entries(columns).map(([name, type]) => (type === 'json' ? columnName(name) : asText(columnName(name), type)))
  const statement = `SELECT ${shown.join(', ')} FROM (\n${text}\n) ORDER BY ${orderBy} LIMIT ${limit}`
  const until = performance.now() + timeoutMs
  try {
    const asking = sessions.use(async (session) => {
      // It may have waited for a session.
      const leftMs = until - performance.now()
      if (leftMs <= 0) throw new TookTooLong(timeoutMs)
      await session.limit(timeoutMs)
      return session.run(statement, { values, timeoutMs: leftMs, late: tooLong, signal })
    })
    const rows = await inTime(asking, timeoutMs, tooLong, signal)
    return rows.map((row) => fromTexts(columns, row as readonly (string | null)[]))
  } catch (error) {
    if (hasTimedOut(error)) throw new TookTooLong(timeoutMs)
    if (isNotThereYet(error))
      throw new Unavailable('a view that the question needs is not in Snowflake yet, or not yet built anew', { cause: error })
    throw error
  }
}
