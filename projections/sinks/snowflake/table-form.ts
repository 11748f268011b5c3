// A document as a row: what its columns are called, and its values as text, to Snowflake and back, to the last digit. Pure.
import { canonicalDecimal, isDecimal } from '../../../ledger/decimal.ts'
import { isInstant } from '../../../ledger/instant.ts'
import type { JsonObject, JsonValue } from '../../../ledger/json.ts'
import type { Columns, ColumnType } from '../../projection.ts'

/** `recordedAt` -> `RECORDED_AT`, as Snowflake keeps a name that is not quoted. */
export const columnName = (member: string): string => member.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()

/** A member's value, in the order of the columns; null: it has none. Throws TypeError where it is not what its column takes. */
export function toTexts(columns: Columns, body: JsonObject): readonly (string | null)[] {
  const unknown = Object.keys(body).find((member) => !Object.hasOwn(columns, member))
  if (unknown !== undefined) throw new TypeError(`it has a member ${unknown}, and there is no column for that`)
  return Object.entries(columns).map(([member, type]) => {
    const value = Object.hasOwn(body, member) ? body[member] : undefined
    if (value === undefined) return null
    const text = toText(type, value)
    if (text === undefined) throw new TypeError(`its ${member} is ${JSON.stringify(value)}, and the column takes ${TAKEN[type]}`)
    return text
  })
}

export const fromTexts = (columns: Columns, texts: readonly (string | null | undefined)[]): JsonObject =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([member, type], n) => {
      const text = texts[n]
      return text === null || text === undefined ? [] : [[member, fromText(type, text)]]
    }),
  )

const TAKEN: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  decimal: 'a decimal of at most 20 and 18 digits',
  integer: 'a whole number',
  boolean: 'true or false',
  instant: 'an instant in UTC with 6 decimals',
  date: 'a day',
  json: 'anything but null',
}

/** Undefined: the column does not take it. */
function toText(type: ColumnType, value: JsonValue): string | undefined {
  switch (type) {
    case 'text':
      return typeof value === 'string' ? value : undefined
    case 'decimal':
      return typeof value === 'string' && isDecimal(value) ? value : undefined
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'instant':
      return typeof value === 'string' && isInstant(value) ? value.slice(0, -1) : undefined
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined
    case 'json':
      return value === null ? undefined : JSON.stringify(value)
  }
}

/** Of text as Snowflake gives it (sql-form.ts). */
export function fromText(type: ColumnType, text: string): JsonValue {
  switch (type) {
    case 'text':
    case 'date':
      return text
    case 'decimal':
      return canonicalDecimal(text)
    case 'integer':
      return Number(text)
    case 'boolean':
      return text === 'true'
    case 'instant':
      return `${text.replace(' ', 'T')}Z`
    case 'json':
      return JSON.parse(text) as JsonValue
  }
}
