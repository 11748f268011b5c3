// Where a verification begins and ends: every partition that has rows, up to its newest position as of one snapshot. What is appended later is for the next verification.
import type { Database } from '../../ledger/database.ts'
import type { EntityId } from '../../ledger/entity-id.ts'

export interface Head {
  readonly partition: number
  readonly position: number
}

// Each partition is found by one probe of the index, also those that a damaged row claims.
const HEADS = `
  with recursive used as (
    (select v.partition from ledger.versions v order by v.partition limit 1)
    union all
    select (select v.partition from ledger.versions v where v.partition > u.partition order by v.partition limit 1) from used u where u.partition is not null
  )
  select p.partition, coalesce((select v.position from ledger.versions v where v.partition = p.partition order by v.position desc limit 1), 0) as position
  from (select partition from used where partition is not null union select partition from ledger.partitions) p
  order by p.partition`

export const heads = async (database: Database): Promise<readonly Head[]> => (await database.query<Head>(HEADS)).rows

const VERSIONS_OF = `
  select coalesce(sum(n.version), 0)::bigint as versions from unnest($1::integer[]) asked(partition)
  cross join lateral (select v.version from ledger.versions v where v.partition = asked.partition and v.entity_id = $2 order by v.version desc limit 1) n`

/** How many versions an entity has, wherever they stand. */
export async function versionsOf(database: Database, entityId: EntityId, all: readonly Head[]): Promise<number> {
  const { rows } = await database.query<{ versions: number }>(VERSIONS_OF, [all.map(({ partition }) => partition), entityId])
  return rows[0]?.versions ?? 0
}

const INDEXES = ['versions_pkey', 'versions_position', 'versions_latest', 'versions_command_once'] as const
export type Index = (typeof INDEXES)[number]

const FOUND = `
  select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
  where i.indrelid = 'ledger.versions'::regclass and i.indisunique and i.indisvalid and i.indisready`

/** The unique indexes that keep the ledger's promises, and make its verification fast, as far as they are not there. */
export async function missingIndexes(database: Database): Promise<readonly Index[]> {
  const { rows } = await database.query<{ name: string }>(FOUND)
  const there = new Set(rows.map(({ name }) => name))
  return INDEXES.filter((name) => !there.has(name))
}
