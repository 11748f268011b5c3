// A view as a table: which columns it has, and what a document is in them. The same for every sink that keeps tables: pure, and exact both ways.
import { canonicalDecimal, isDecimal } from '../../ledger/decimal.ts'
import { isInstant } from '../../ledger/instant.ts'
import type { JsonObject, JsonValue } from '../../ledger/json.ts'
import type { ColumnType, Projection } from '../projection.ts'

export interface Column {
  readonly name: string
  readonly type: ColumnType
}

/** What stands in a column: text (of a decimal, an instant, a day, or JSON, too), a whole number, true or false; null: nothing. */
export type Cell = string | number | boolean | null

/** Of a document. */
export interface FormColumn extends Column {
  /** Throws TypeError where the member does not fit. */
  readonly cellOf: (body: JsonObject) => Cell
}

export interface TableForm {
  readonly columns: readonly FormColumn[]
  /** Throws TypeError where the document has a member that is in no column. */
  readonly assertKnown: (body: JsonObject) => void
  readonly toBody: (cells: readonly Cell[]) => JsonObject
}

/** Beside a view's own: its document's key, the version that it has seen last, and whether there is no document any more. */
export const KEY: Column = { name: 'key', type: 'text' }
export const MARKS: readonly Column[] = [
  { name: '_partition', type: 'integer' },
  { name: '_position', type: 'integer' },
  { name: '_gone', type: 'boolean' },
]

/** averagePrice: average_price */
export const columnName = (member: string): string => member.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The whole as JSON, in one column. */
export const JSON_FORM: TableForm = {
  columns: [{ name: 'document', type: 'json', cellOf: (body) => JSON.stringify(body) }],
  assertKnown: () => undefined,
  toBody: ([text]) => JSON.parse(String(text)) as JsonObject,
}

/** A column per member, where the projection says which there are. Throws TypeError where two of them would be called the same. */
export function tableForm({ name, columns: types }: Pick<Projection, 'name' | 'columns'>): TableForm {
  if (!types) return JSON_FORM
  const members = Object.entries(types).map(([member, type]) => ({ member, name: columnName(member), type }))
  for (const [n, { name: column }] of members.entries())
    if ([KEY, ...MARKS, ...members.slice(0, n)].some((other) => other.name === column))
      throw new TypeError(`the view ${name} has two columns ${column}`)
  return {
    columns: members.map(({ member, name: column, type }) => ({
      name: column,
      type,
      cellOf: (body) => toCell(member, type, body[member]),
    })),
    assertKnown(body) {
      for (const member of Object.keys(body)) if (!Object.hasOwn(types, member)) throw new TypeError(`${member} is no column of ${name}`)
    },
    toBody: (cells) => toObject(members, cells),
  }
}

/** Members without what is null. */
export const toObject = (members: readonly { readonly member: string; readonly type: ColumnType }[], cells: readonly Cell[]): JsonObject =>
  Object.fromEntries(
    members.flatMap(({ member, type }, n) => {
      const cell = cells[n] ?? null
      return cell === null ? [] : [[member, fromCell(type, cell)]]
    }),
  )

/** Throws TypeError where the column does not take it. */
export function toCell(member: string, type: ColumnType, value: JsonValue | undefined): Cell {
  if (value === undefined) return null
  if (type === 'json') return JSON.stringify(value)
  if (FITS[type](value)) return value as Cell
  throw new TypeError(`${member} is ${JSON.stringify(value).slice(0, SHOWN_CHARACTERS)}, and its column takes ${TAKES[type]}`)
}

const SHOWN_CHARACTERS = 100

const TAKES: Readonly<Record<Exclude<ColumnType, 'json'>, string>> = {
  text: 'text',
  decimal: 'a decimal of up to 20 digits before the point and 18 after it',
  integer: 'a whole number',
  boolean: 'true or false',
  instant: 'an instant in UTC with 6 decimals',
  date: 'a day, as 2026-01-02',
}

const FITS: Readonly<Record<Exclude<ColumnType, 'json'>, (value: JsonValue) => boolean>> = {
  text: (value) => typeof value === 'string' && value.isWellFormed(),
  decimal: (value) => typeof value === 'string' && isDecimal(value),
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  instant: (value) => typeof value === 'string' && isInstant(value) && Number.isFinite(Date.parse(value)),
  date: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && Number.isFinite(Date.parse(value)),
}

/** As a document has it. */
function fromCell(type: ColumnType, cell: Exclude<Cell, null>): JsonValue {
  switch (type) {
    case 'decimal':
      return canonicalDecimal(String(cell))
    case 'json':
      return JSON.parse(String(cell)) as JsonValue
    case 'integer':
      return Number(cell)
    case 'text':
    case 'boolean':
    case 'instant':
    case 'date':
      return cell
  }
}
