// Where a view is in the DuckDB file: a table of its documents, called as the view is, and one of what is remembered; and the SQL that writes and reads them.
import type { ColumnType, Projection } from '../../projection.ts'
import type { Slot } from '../sink.ts'
import { JSON_FORM, KEY, MARKS, tableForm, type Column, type TableForm } from '../table-form.ts'

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'varchar',
  decimal: 'decimal(38, 18)',
  integer: 'bigint',
  boolean: 'boolean',
  instant: 'timestamp',
  date: 'date',
  json: 'json',
}

/** As a cell (table-form.ts) has it. */
export function asCell(expression: string, type: ColumnType): string {
  const value = `cast(${expression} as ${DUCKDB_TYPES[type]})`
  switch (type) {
    case 'integer':
    case 'boolean':
    case 'text':
      return value
    case 'instant':
      return `strftime(${value}, '%Y-%m-%dT%H:%M:%S.%fZ')`
    case 'decimal':
    case 'date':
    case 'json':
      return `cast(${value} as varchar)`
  }
}

export interface Table {
  /** Quoted. */
  readonly name: string
  readonly form: TableForm
  /** Key, the form's own, marks. */
  readonly columns: readonly Column[]
}

export interface Tables {
  readonly view: string
  readonly slot: Slot
  readonly documents: Table
  readonly memories: Table
}

/** Throws TypeError where the view can not be a table. */
export function tablesOf(projection: Projection, slot: Slot): Tables {
  const base = slot === 'live' ? projection.name : `${projection.name}__next`
  const table = (name: string, form: TableForm): Table => ({ name: quoted(name), form, columns: [KEY, ...form.columns, ...MARKS] })
  return { view: projection.name, slot, documents: table(base, tableForm(projection)), memories: table(`${base}__memory`, JSON_FORM) }
}

// No index: DuckDB's slows down writing by a quarter, doubles the file, and is held in memory; and a table with one can not be renamed (measured on 1,000,000 versions).
export const create = ({ name, columns }: Table): string =>
  `create table if not exists ${name} (${columns.map((column) => `${quoted(column.name)} ${DUCKDB_TYPES[column.type]}`).join(', ')})`

export const drop = ({ name }: Table): string => `drop table if exists ${name}`

/** What a batch is put into first. */
export const STAGE = '_strata_stage'
export const stage = ({ name }: Table): string => `create or replace temp table ${STAGE} as from ${name} limit 0`

export function merge({ name, columns }: Table): string {
  const names = columns.map((column) => quoted(column.name))
  return `merge into ${name} t using temp.${STAGE} s on t.key = s.key
    when matched and t._position < s._position then update set ${names.map((column) => `${column} = s.${column}`).join(', ')}
    when not matched then insert (${names.join(', ')}) values (${names.map((column) => `s.${column}`).join(', ')})`
}

/** Every column, as a cell. */
export const select = ({ name, columns }: Table): string =>
  `select ${columns.map((column) => asCell(quoted(column.name), column.type)).join(', ')} from ${name}`

/** A member as text, to filter by. */
export const memberText = ({ form }: Table, member: string, column: string): string =>
  form === JSON_FORM ? `(document ->> '${member}')` : quoted(column)
