// What decisions need from the database, many at a time: latest states, and commands that were applied.
import type { Connection, Database } from './database.ts'
import { kindNamed } from './entities/index.ts'
import { kindOf, type EntityId } from './entity-id.ts'
import type { Instant } from './instant.ts'
import type { JsonObject } from './json.ts'
import type { Known } from './known.ts'
import { partitionOf, partitionOfOwner } from './partition.ts'
import { ROW_COLUMNS, toRecord, type VersionRecord, type VersionRow } from './record.ts'
import { numberArray, textArray } from './sql-array.ts'
import { upcast } from './upcast.ts'

export interface Loaded {
  readonly known: Known
  /** About the length of its state's JSON. */
  readonly bytes: number
}

const LATEST = `
  select v.entity_id, v.version, v.schema_version, v.event, v.state, pg_column_size(v.state) as bytes, f.effective_at as effective_from
  from unnest($1::integer[], $2::text[]) asked(partition, entity_id)
  cross join lateral (select * from ledger.versions v where v.partition = asked.partition and v.entity_id = asked.entity_id collate "C" and v.latest limit 1) v
  cross join lateral (select f.effective_at from ledger.versions f where f.partition = v.partition and f.entity_id = v.entity_id and f.version = 1 limit 1) f`

interface LatestRow {
  readonly entity_id: EntityId
  readonly version: number
  readonly schema_version: number
  readonly event: string
  readonly state: JsonObject
  readonly bytes: number
  readonly effective_from: Instant
}

/** The latest states of those entities that are there. */
export async function loadLatest(
  database: Database | Connection,
  ids: readonly EntityId[],
  partitions: number,
): Promise<readonly Loaded[]> {
  const values = [numberArray(ids.map((id) => partitionOf(id, partitions))), textArray(ids)]
  const { rows } = await database.query<LatestRow>({ name: 'load-latest', text: LATEST, values })
  return rows.map((row) => {
    const { state } = upcast(kindNamed(kindOf(row.entity_id)), row.schema_version, { event: row.event, data: {}, state: row.state })
    return { known: { entityId: row.entity_id, version: row.version, state, effectiveFrom: row.effective_from }, bytes: row.bytes }
  })
}

export interface CommandKey {
  readonly scope: string
  readonly id: string
}

export const keyText = ({ scope, id }: CommandKey): string => `${scope}:${id}`

export interface StoredCommand {
  readonly hash: string
  readonly records: readonly VersionRecord[]
}

const BY_KEY = `
  select ${ROW_COLUMNS}, v.command_hash, v.command_places
  from unnest($1::integer[], $2::text[], $3::text[]) asked(partition, scope, id)
  cross join lateral (select * from ledger.versions v where v.partition = asked.partition and v.command_scope = asked.scope collate "C" and v.command_id = asked.id collate "C"
    and v.command_seq = 0 limit 1) v`

// A range of one, in order: so that no plan made without statistics can prefer another index.
const BY_PLACE = `
  select ${ROW_COLUMNS}
  from unnest($1::integer[], $2::bigint[]) asked(partition, position)
  cross join lateral (select * from ledger.versions v where v.partition = asked.partition and v.position between asked.position and asked.position
    order by v.position limit 1) v
  order by v.command_seq`

/** Those of the commands that were applied, by keyText, with their versions in order. */
export async function loadCommands(
  database: Database | Connection,
  keys: readonly CommandKey[],
  partitions: number,
): Promise<ReadonlyMap<string, StoredCommand>> {
  const values = [
    numberArray(keys.map((key) => partitionOfOwner(key.scope, partitions))),
    textArray(keys.map((key) => key.scope)),
    textArray(keys.map((key) => key.id)),
  ]
  const { rows } = await database.query<VersionRow & { command_hash: Buffer; command_places: string[] | null }>({
    name: 'load-commands',
    text: BY_KEY,
    values,
  })
  const places = rows.flatMap((row) => (row.command_places ?? []).map(Number))
  const others = places.length === 0 ? [] : await byPlace(database, places)
  const found = new Map<string, StoredCommand>()
  const othersOf = Map.groupBy(others, (row) => keyText({ scope: row.command_scope, id: row.command_id }))
  for (const row of rows) {
    const own = othersOf.get(keyText({ scope: row.command_scope, id: row.command_id })) ?? []
    found.set(keyText({ scope: row.command_scope, id: row.command_id }), {
      hash: row.command_hash.toString('hex'),
      records: [row, ...own].map(toRecord),
    })
  }
  return found
}

async function byPlace(database: Database | Connection, places: readonly number[]): Promise<readonly VersionRow[]> {
  const values = [numberArray(places.filter((_, n) => n % 2 === 0)), numberArray(places.filter((_, n) => n % 2 === 1))]
  return (await database.query<VersionRow>({ name: 'load-places', text: BY_PLACE, values })).rows
}
