// A question put to the file: what it gives comes as cells, ordered and cut off by DuckDB; one that takes too long is interrupted. It sees one instant of the file, and can change nothing.
import type { DuckDBConnection } from '@duckdb/node-api'
import { Unavailable } from '../../../ledger/failure.ts'
import { TookTooLong, type AnalyticSink, type Select, type SelectedRow } from '../sink.ts'
import { columnName, toObject } from '../table-form.ts'
import { isInterrupted } from './failure.ts'
import { INTERRUPT_AGAIN_MS, type DuckDbFile } from './file.ts'
import { cellsOf } from './rows.ts'
import { asCell, quoted } from './tables.ts'

export type SelectOptions = Parameters<AnalyticSink['select']>[1]

export function selectText({ text, columns, orderBy, limit }: Select): string {
  const cells = Object.entries(columns).map(([member, type]) => asCell(quoted(columnName(member)), type))
  // Cut off before it is made text: of a million executions, the newest hundred take an eighth of the time.
  return `select ${cells.join(', ')} from (select * from (\n${text}\n) order by ${orderBy} limit ${limit}) order by ${orderBy}`
}

export async function selectFrom(file: DuckDbFile, select: Select, { timeoutMs, signal }: SelectOptions): Promise<readonly SelectedRow[]> {
  const late = AbortSignal.timeout(timeoutMs)
  const over = signal ? AbortSignal.any([signal, late]) : late
  const answer = file.read((connection) => interruptible(connection, over, () => rowsOf(connection, select)))
  try {
    return await Promise.race([answer, whenAborted(over)])
  } catch (error) {
    answer.catch(() => undefined)
    if (signal?.aborted) throw signal.reason
    if (late.aborted) throw new TookTooLong(timeoutMs)
    throw isInterrupted(error) ? new Unavailable('the DuckDB file was closed meanwhile', { cause: error }) : error
  }
}

async function rowsOf(connection: DuckDBConnection, select: Select): Promise<readonly SelectedRow[]> {
  // One statement, or it is refused.
  const statement = await connection.prepare(selectText(select))
  try {
    statement.bind(select.values.map((value) => (Number.isInteger(value) ? BigInt(value as number) : value)))
    const members = Object.entries(select.columns).map(([member, type]) => ({ member, type }))
    return cellsOf(await statement.runAndReadAll()).map((cells) => toObject(members, cells))
  } finally {
    statement.destroySync()
  }
}

async function interruptible<Result>(connection: DuckDBConnection, over: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  over.throwIfAborted()
  let again: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    again = setInterval(() => connection.interrupt(), INTERRUPT_AGAIN_MS)
    connection.interrupt()
  }
  over.addEventListener('abort', interrupt, { once: true })
  try {
    return await work()
  } finally {
    over.removeEventListener('abort', interrupt)
    clearInterval(again)
  }
}

const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
