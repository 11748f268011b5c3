// The cursor of a list: opaque to those who hold it, and valid only with the filters it was made for. It carries on "as of" the same time as the first page.
import { hash } from 'node:crypto'
import { z } from 'zod'
import { entityIdSchema, type EntityId } from './entity-id.ts'
import { InvalidRequest } from './failure.ts'
import { isInstant, type Instant } from './instant.ts'

const VERSION = 1
const FINGERPRINT_CHARACTERS = 16

const cursorSchema = z.tuple([z.literal(VERSION), z.string(), entityIdSchema(), z.string().refine(isInstant).nullable()])

export interface ListCursor {
  /** Ids below this one come next. */
  readonly below: EntityId
  /** What "as known by" came to on the first page, where it was asked. */
  readonly asOf: Instant | undefined
}

/** Of all that was asked but limit and cursor: each name with its value. */
export function fingerprint(asked: Readonly<Record<string, string | undefined>>): string {
  const entries = Object.entries(asked)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return hash('sha256', JSON.stringify(entries), 'base64url').slice(0, FINGERPRINT_CHARACTERS)
}

export const encodeListCursor = (asked: Readonly<Record<string, string | undefined>>, { below, asOf }: ListCursor): string =>
  Buffer.from(JSON.stringify([VERSION, fingerprint(asked), below, asOf ?? null])).toString('base64url')

/** Throws InvalidRequest where the text is no cursor, or one of other filters. `asked` has the kind, and the owner where there is one. */
export function decodeListCursor(asked: Readonly<Record<string, string | undefined>>, text: string): ListCursor {
  const refuse = (detail: string) => new InvalidRequest(`the cursor ${detail}`, [{ pointer: 'cursor', detail }])
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    throw refuse('is not one that this ledger gave')
  }
  const result = cursorSchema.safeParse(parsed)
  if (!result.success) throw refuse('is not one that this ledger gave')
  const [, filters, below, asOf] = result.data
  if (filters !== fingerprint(asked)) throw refuse('belongs to other filters')
  // Anybody can make a cursor: one that names an id outside of the list would open it to what stands beside.
  if (!below.startsWith(asked['owner'] === undefined ? `${asked['kind']}:` : `${asked['kind']}:${asked['owner']}:`))
    throw refuse('is not one that this ledger gave')
  return { below, asOf: asOf ?? undefined }
}
