// Rows on their way into DuckDB: in chunks of columns, which it takes several times as fast as row by row.
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampValue,
  TIMESTAMP,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { MAX_DECIMALS } from '../../../ledger/decimal.ts'
import { toMicros } from '../../../ledger/instant.ts'
import type { Kept } from '../../fold.ts'
import type { ColumnType } from '../../projection.ts'
import { Unwritable } from '../sink.ts'
import type { Cell } from '../table-form.ts'
import { STAGE, type Table } from './tables.ts'

/** What DuckDB itself works on at a time. */
const CHUNK_ROWS = 2_048
const DECIMAL_DIGITS = 38
const DAY_MS = 86_400_000

interface Encoding {
  readonly type: DuckDBType
  readonly of: (cell: Exclude<Cell, null>) => DuckDBValue
}

const asItIs = (type: DuckDBType): Encoding => ({ type, of: (cell) => cell })

const ENCODINGS: Readonly<Record<ColumnType, Encoding>> = {
  text: asItIs(VARCHAR),
  json: asItIs(VARCHAR),
  boolean: asItIs(BOOLEAN),
  integer: { type: BIGINT, of: (cell) => BigInt(cell) },
  decimal: {
    type: DECIMAL(DECIMAL_DIGITS, MAX_DECIMALS),
    of: (cell) => new DuckDBDecimalValue(scaled(String(cell)), DECIMAL_DIGITS, MAX_DECIMALS),
  },
  instant: { type: TIMESTAMP, of: (cell) => new DuckDBTimestampValue(toMicros(String(cell))) },
  date: { type: DATE, of: (cell) => new DuckDBDateValue(Date.parse(String(cell)) / DAY_MS) },
}

/** 1.5: 1500000000000000000 */
function scaled(decimal: string): bigint {
  const point = decimal.indexOf('.')
  const decimals = point === -1 ? '' : decimal.slice(point + 1)
  return BigInt((point === -1 ? decimal : decimal.slice(0, point)) + decimals.padEnd(MAX_DECIMALS, '0'))
}

/** Column by column, as the table has them. Throws Unwritable. */
export function columnsOf({ form }: Table, rows: readonly Kept[]): DuckDBValue[][] {
  each(rows, ({ body }) => body && form.assertKnown(body))
  return [
    rows.map(({ key }) => key),
    ...form.columns.map(({ type, cellOf }) => {
      const { of } = ENCODINGS[type]
      return each(rows, ({ body }) => {
        const cell = body && cellOf(body)
        return cell === null ? null : of(cell)
      })
    }),
    rows.map(({ partition }) => BigInt(partition)),
    rows.map(({ position }) => BigInt(position)),
    rows.map(({ body }) => body === null),
  ]
}

/** A TypeError is about the row. */
function each<Result>(rows: readonly Kept[], work: (kept: Kept) => Result): Result[] {
  const results: Result[] = []
  for (const kept of rows)
    try {
      results.push(work(kept))
    } catch (error) {
      throw error instanceof TypeError ? new Unwritable(kept, error.message) : error
    }
  return results
}

/** Into the temporary table, which is there and empty. */
export async function append(connection: DuckDBConnection, { columns }: Table, values: readonly DuckDBValue[][]): Promise<void> {
  const types = columns.map(({ type }) => ENCODINGS[type].type)
  const rows = values[0]?.length ?? 0
  const appender = await connection.createAppender(STAGE, 'main', 'temp')
  try {
    for (let from = 0; from < rows; from += CHUNK_ROWS) {
      const chunk = DuckDBDataChunk.create(types, Math.min(CHUNK_ROWS, rows - from))
      chunk.setColumns(values.map((column) => column.slice(from, from + CHUNK_ROWS)))
      appender.appendDataChunk(chunk)
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
}
