// The cells of a table (../table-form.ts) as text, as they go to Snowflake and come back. Pure.
import type { JsonObject } from '../../../ledger/json.ts'
import type { Columns, ColumnType } from '../../projection.ts'
import { columnName as sqlName, toCell, toObject, type Cell } from '../table-form.ts'

/** `recordedAt` -> `RECORDED_AT`, as Snowflake keeps a name that is not quoted. */
export const columnName = (member: string): string => sqlName(member).toUpperCase()

/** A member's value, in the order of the columns; null: it has none. Throws TypeError where it is not what its column takes. */
export function toTexts(columns: Columns, body: JsonObject): readonly (string | null)[] {
  const unknown = Object.keys(body).find((member) => !Object.hasOwn(columns, member))
  if (unknown !== undefined) throw new TypeError(`it has a member ${unknown}, and there is no column for that`)
  return Object.entries(columns).map(([member, type]) => {
    const cell = toCell(member, type, Object.hasOwn(body, member) ? body[member] : undefined)
    return cell === null ? null : type === 'instant' ? String(cell).slice(0, -1) : String(cell)
  })
}

/** Of texts as Snowflake gives them (tables.ts). */
export const fromTexts = (columns: Columns, texts: readonly (string | null | undefined)[]): JsonObject => {
  const members = Object.entries(columns).map(([member, type]) => ({ member, type }))
  return toObject(
    members,
    members.map(({ type }, n) => toCellOf(type, texts[n] ?? null)),
  )
}

function toCellOf(type: ColumnType, text: string | null): Cell {
  if (text === null) return null
  if (type === 'boolean') return text === 'true'
  return type === 'instant' ? `${text.replace(' ', 'T')}Z` : text
}
