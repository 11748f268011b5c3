// A document as MongoDB keeps it: `_id` the key, its own members beside it, `_seen` what it has seen; and `_gone` where there is none any more. Whatever is in it comes back as it went in: the driver would
// take some names of members for signs of its own.
import { DBRef } from 'mongodb'
import type { JsonObject, JsonValue } from '../../../ledger/json.ts'
import type { Kept } from '../../fold.ts'
import type { SpreadBy } from '../../projection.ts'

export interface Stored {
  readonly _id: string
  readonly _seen: { readonly partition: number; readonly position: number; readonly build: string }
  readonly _gone?: true
  readonly [member: string]: unknown
}

const RESERVED = ['_id', '_seen', '_gone']

/** `build`: of which it is, as its collection's validator demands. `spreadBy`: what is left of a document that is no more stays where it was. Throws TypeError where the document has a member that is called like one of ours. */
export function toStored({ key, body, partition, position }: Kept, build: string, spreadBy?: SpreadBy): Stored {
  const seen = { partition, position, build }
  if (body === null) return { _id: key, ...(spreadBy && { [spreadBy.member]: spreadBy.of(key) }), _gone: true, _seen: seen }
  const taken = RESERVED.find((name) => Object.hasOwn(body, name))
  if (taken !== undefined) throw new TypeError(`a document may not have a member ${taken}: MongoDB's own are called so`)
  return { _id: key, ...(plainOnly(body) as object), _seen: seen }
}

export function fromStored(stored: Stored): Kept {
  const {
    _id: key,
    _seen: { partition, position },
    _gone: gone,
    ...body
  } = asWritten(stored) as Stored
  return { key, body: gone ? null : (body as JsonObject), partition, position }
}

/** What has a member `_bsontype` is taken for one of the driver's own objects; a Map never is. */
function plainOnly(value: JsonValue | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plainOnly)
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [name, plainOnly(member)])
  return '_bsontype' in value ? new Map(members.filter(([, member]) => member !== undefined)) : Object.fromEntries(members)
}

/** What has members `$ref` and `$id` comes back as a reference. */
function asWritten(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(asWritten)
  const object =
    value instanceof DBRef
      ? { $ref: value.collection, $id: value.oid, ...(value.db !== undefined && { $db: value.db }), ...value.fields }
      : value
  return Object.fromEntries(Object.entries(object).map(([name, member]) => [name, asWritten(member)]))
}
