// The cursor of a page of documents: opaque to those who hold it, and valid only with the view and the filters that it was made for.
import { z } from 'zod'
import { InvalidRequest } from '../../ledger/failure.ts'
import { fingerprint } from '../../ledger/list-cursor.ts'
import { MAX_LONG_TEXT_CHARACTERS, textSchema } from '../../ledger/text.ts'

const VERSION = 1
const cursorSchema = z.tuple([z.literal(VERSION), z.string(), textSchema(MAX_LONG_TEXT_CHARACTERS)])

/** Of all that was asked but limit and cursor: each name with its value. */
export type Asked = Readonly<Record<string, string | undefined>>

/** Documents after this key come next. */
export const encodeViewCursor = (asked: Asked, after: string): string =>
  Buffer.from(JSON.stringify([VERSION, fingerprint(asked), after])).toString('base64url')

/** Throws InvalidRequest where the text is no cursor, or one of another question. */
export function decodeViewCursor(asked: Asked, text: string): string {
  const refuse = (detail: string) => new InvalidRequest(`the cursor ${detail}`, [{ pointer: 'cursor', detail }])
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    throw refuse('is not one that this ledger gave')
  }
  const result = cursorSchema.safeParse(parsed)
  if (!result.success) throw refuse('is not one that this ledger gave')
  const [, filters, after] = result.data
  if (filters !== fingerprint(asked)) throw refuse('belongs to another view or other filters')
  return after
}
