// Entity ids: `kind:owner:local`, e.g. `trade:alice:T-1`. Safe in a path, a query, a key and a file name; everything of one owner stays together.
import { z } from 'zod'

export type EntityId = string

export const MAX_OWNER_CHARACTERS = 64
export const MAX_LOCAL_CHARACTERS = 80

const CHARACTER = '[A-Za-z0-9._~@-]'
/** Neither `.` nor `..` before its end. */
const part = (limit: number, end: string): string => `(?!\\.{1,2}${end})${CHARACTER}{1,${limit}}`
const OWNER = new RegExp(`^${part(MAX_OWNER_CHARACTERS, '$')}$`)
const LOCAL = new RegExp(`^${part(MAX_LOCAL_CHARACTERS, '$')}$`)
const ENTITY_ID = new RegExp(`^[a-z][a-z0-9]{0,31}:${part(MAX_OWNER_CHARACTERS, ':')}:${part(MAX_LOCAL_CHARACTERS, '$')}$`)

export const isEntityId = (text: string): boolean => ENTITY_ID.test(text)

export const kindOf = (id: EntityId): string => id.slice(0, id.indexOf(':'))
export const ownerOf = (id: EntityId): string => id.slice(id.indexOf(':') + 1, id.lastIndexOf(':'))
export const localOf = (id: EntityId): string => id.slice(id.lastIndexOf(':') + 1)
export const entityId = (kind: string, owner: string, local: string): EntityId => `${kind}:${owner}:${local}`

export const ownerSchema = z
  .string()
  .regex(OWNER, { error: `must be 1 to ${MAX_OWNER_CHARACTERS} characters of A-Z a-z 0-9 . _ ~ @ -, and not . or ..` })

/** Local parts, and execution and hold ids, which are made like them. */
export const localSchema = z
  .string()
  .regex(LOCAL, { error: `must be 1 to ${MAX_LOCAL_CHARACTERS} characters of A-Z a-z 0-9 . _ ~ @ -, and not . or ..` })

/** An entity id, of any kind or of one. */
export const entityIdSchema = (kind?: string) =>
  z.string().refine((text) => isEntityId(text) && (kind === undefined || text.startsWith(`${kind}:`)), {
    error: `must be an entity id, ${kind ?? 'kind'}:owner:local`,
  })
