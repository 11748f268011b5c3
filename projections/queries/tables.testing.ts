// A sink that answers queries, for tests of their SQL: views in memory, copied into tables of an in-memory DuckDB before each question.
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import type { JsonValue } from '../../ledger/json.ts'
import type { ColumnType, Projection } from '../projection.ts'
import { memorySink } from '../sinks/memory.ts'
import type { AnalyticSink, Select, SelectedRow, View } from '../sinks/sink.ts'
import { canonicalDecimal } from '../../ledger/decimal.ts'

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'varchar',
  decimal: 'decimal(38, 18)',
  integer: 'bigint',
  boolean: 'boolean',
  instant: 'timestamp',
  date: 'date',
  json: 'json',
}

const columnName = (member: string): string => member.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export async function memoryTables(): Promise<AnalyticSink> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const memory = memorySink()
  /** Views that were written to since they were copied. */
  const stale = new Map<Projection, View>()
  return {
    ...memory,
    name: 'tables',
    async open(projection, slot) {
      const view = await memory.open(projection, slot)
      const isStale = (): void => void (slot === 'live' && stale.set(projection, view))
      isStale()
      return { ...view, write: (batch) => view.write(batch).finally(isStale) }
    },
    async select(select) {
      for (const [projection, view] of stale) await fill(connection, projection, view)
      stale.clear()
      return ask(connection, select)
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync()
      await memory[Symbol.asyncDispose]()
    },
  }
}

async function fill(connection: DuckDBConnection, { name, columns = {} }: Projection, view: View): Promise<void> {
  const members = Object.entries(columns)
  const types = members.map(([member, type]) => `${columnName(member)} ${SQL_TYPES[type]}`)
  await connection.run(`create or replace table ${name} (key varchar, ${types.join(', ')})`)
  const rows: (string | null)[][] = []
  for await (const { key, body } of view.all()) if (body) rows.push([key, ...members.map(([member, type]) => textOf(type, body[member]))])
  const cells = members.map(([, type], n) => `cast(cells[${n + 2}] as ${SQL_TYPES[type]})`)
  await connection.run(
    `insert into ${name} select cells[1], ${cells.join(', ')} from (select unnest(from_json(?, '[["varchar"]]')) as cells)`,
    [JSON.stringify(rows)],
  )
}

const textOf = (type: ColumnType, value: JsonValue | undefined): string | null =>
  value === undefined ? null : type === 'json' ? JSON.stringify(value) : typeof value === 'string' ? value : JSON.stringify(value)

async function ask(connection: DuckDBConnection, { text, values, columns, orderBy, limit }: Select): Promise<readonly SelectedRow[]> {
  const names = Object.entries(columns).map(([member, type]) => [member, columnName(member), type] as const)
  const shown = names.map(([, column, type]) =>
    type === 'instant' ? `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%fZ')` : `cast(${column} as varchar)`,
  )
  const sql = `select ${shown.join(', ')} from (${text}) as answer order by ${orderBy} limit ${limit}`
  const rows = (await connection.runAndReadAll(sql, [...values])).getRows()
  return rows.map((row) =>
    Object.fromEntries(
      names.flatMap(([member, , type], n) => {
        const value = row[n]
        return typeof value === 'string' ? [[member, fromText(type, value)]] : []
      }),
    ),
  )
}

function fromText(type: ColumnType, text: string): JsonValue {
  switch (type) {
    case 'decimal':
      return canonicalDecimal(text)
    case 'integer':
      return Number(text)
    case 'boolean':
    case 'json':
      return JSON.parse(text) as JsonValue
    case 'text':
    case 'instant':
    case 'date':
      return text
  }
}
