// A batch as rows of one file: documents, what is remembered, and places, told apart by their first field. Every value is text, quoted; what is null is left empty. Pure.
import type { Kept } from '../../fold.ts'
import { Unwritable, type Batch } from '../sink.ts'
import type { Columns } from '../../projection.ts'
import { columnName, toTexts } from './table-form.ts'
import { WHOLE, type Tables } from './tables.ts'

/** A value in a table: Snowflake takes no longer text everywhere. */
export const MAX_VALUE_BYTES = 16_777_216

export const ROWS = { document: 'd', memory: 'm', place: 'p' } as const

export interface Staged {
  readonly csv: string
  readonly documents: number
  readonly memories: number
  readonly rows: number
}

/** Throws Unwritable. */
export function staged({ columns, projection }: Tables, batch: Batch): Staged {
  const width = Object.keys(columns).length
  const documents = [...batch.documents.values()].map((kept) => {
    const texts = kept.body === null ? [] : inColumns(columns, projection.columns === undefined, kept)
    return line([ROWS.document, ...seen(kept), null, ...texts], width)
  })
  const memories = [...batch.memories.values()].map((kept) => line([ROWS.memory, ...seen(kept), bodyOf(kept)], width))
  const places = [...batch.places].map(([partition, { position, recordedAt }]) =>
    line([ROWS.place, null, String(partition), String(position), null, recordedAt.slice(0, -1)], width),
  )
  const lines = [...documents, ...memories, ...places]
  return { csv: lines.join(''), documents: documents.length, memories: memories.length, rows: lines.length }
}

/** The columns of what is staged, in the order of the fields. */
export const stagedColumns = (columns: Columns): readonly string[] => [
  '_ROW VARCHAR',
  'KEY VARCHAR',
  '_PARTITION NUMBER(38,0)',
  '_POSITION NUMBER(38,0)',
  '_GONE BOOLEAN',
  '_TEXT VARCHAR',
  ...Object.keys(columns).map((member) => `${columnName(member)} VARCHAR`),
]

const seen = ({ key, body, partition, position }: Kept): readonly string[] => [
  key,
  String(partition),
  String(position),
  String(body === null),
]

const bodyOf = (kept: Kept): string | null => {
  const text = kept.body === null ? null : JSON.stringify(kept.body)
  assertFits(kept, text)
  return text
}

function inColumns(columns: Columns, isWhole: boolean, kept: Kept): readonly (string | null)[] {
  try {
    const texts = toTexts(columns, isWhole ? { [WHOLE]: kept.body } : (kept.body ?? {}))
    for (const text of texts) assertFits(kept, text)
    return texts
  } catch (error) {
    if (error instanceof TypeError) throw new Unwritable(kept, `the document ${kept.key} has no place in its table: ${error.message}`)
    throw error
  }
}

function assertFits(kept: Kept, text: string | null): void {
  // A character has at most 3 bytes for each unit of its length.
  if (text !== null && text.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(text) > MAX_VALUE_BYTES)
    throw new Unwritable(kept, `${kept.key} would have a value of more than ${MAX_VALUE_BYTES} bytes, the most that Snowflake keeps in one`)
}

/** Of `width` members; those that are not there are null. */
function line(fields: readonly (string | null)[], width: number): string {
  const missing = OWN_FIELDS + width - fields.length
  return `${fields.map((field) => (field === null ? '' : `"${field.replaceAll('"', '""')}"`)).join(',')}${','.repeat(missing)}\n`
}

const OWN_FIELDS = 6
