// What DuckDB answers, as cells: see tables.ts, asCell.
import type { DuckDBConnection, DuckDBResultReader, DuckDBValue } from '@duckdb/node-api'
import type { Cell } from '../table-form.ts'

/** Whole numbers are counts, positions and versions: none is too large for a number. */
export const cellsOf = (result: DuckDBResultReader): readonly (readonly Cell[])[] =>
  result.getRows().map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : (value as Cell))))

export const rowsOf = async (
  connection: DuckDBConnection,
  text: string,
  values: DuckDBValue[] = [],
): Promise<readonly (readonly Cell[])[]> => cellsOf(await connection.runAndReadAll(text, values))
