// Which bars the ledger has around some that have come: those between the first and the last of each series, the one before and the one after. Two range probes and a scan of an index per series.
import type { Database } from '../../ledger/database.ts'
import type { EntityId } from '../../ledger/entity-id.ts'
import { barLocal, barPeriod, type BarInterval } from '../../ledger/entities/bar-period.ts'
import { entityId, localOf, ownerOf } from '../../ledger/entity-id.ts'
import { EARLIEST, type Instant } from '../../ledger/instant.ts'
import { partitionOf } from '../../ledger/partition.ts'
import { numberArray, textArray } from '../../ledger/sql-array.ts'
import { barSeries, seriesOf, type BarSeries } from './bar-series.ts'

// Ids of one instrument and interval are of one length, and sort like time; those of the other interval, between them, are passed over. (A semicolon follows the colon.)
const AROUND = `
  select v.entity_id
  from unnest($1::integer[], $2::text[], $3::text[], $4::text[]) s(partition, owner, first, last)
  cross join lateral (
    (select v.entity_id from ledger.versions v where v.partition = s.partition and v.latest and v.entity_id < s.first collate "C" and v.entity_id > 'bar:' || s.owner || ':' collate "C"
      and length(v.entity_id) = length(s.first) order by v.entity_id desc limit 1)
    union all
    (select v.entity_id from ledger.versions v where v.partition = s.partition and v.latest and v.entity_id between (s.first collate "C") and (s.last collate "C") and length(v.entity_id) = length(s.first))
    union all
    (select v.entity_id from ledger.versions v where v.partition = s.partition and v.latest and v.entity_id > s.last collate "C" and v.entity_id < 'bar:' || s.owner || ';' collate "C"
      and length(v.entity_id) = length(s.first) order by v.entity_id limit 1)
  ) v`

/** By seriesOf: a series for each that one of the ids is of. */
export async function knownBars(database: Database, ids: readonly EntityId[], partitions: number): Promise<ReadonlyMap<string, BarSeries>> {
  const found = new Map<string, BarSeries>()
  const ranges = [...Map.groupBy(ids, seriesOf)].map(([name, own]) => {
    found.set(name, barSeries())
    const sorted = own.toSorted()
    return { first: sorted[0] ?? '', last: sorted.at(-1) ?? '' }
  })
  const values = [
    numberArray(ranges.map(({ first }) => partitionOf(first, partitions))),
    textArray(ranges.map(({ first }) => ownerOf(first))),
    textArray(ranges.map(({ first }) => first)),
    textArray(ranges.map(({ last }) => last)),
  ]
  const { rows } = await database.query<{ entity_id: EntityId }>({ name: 'known-bars', text: AROUND, values })
  for (const { entity_id: id } of rows) found.get(seriesOf(id))?.add(id)
  return found
}

const LAST = `
  select v.entity_id
  from unnest($1::integer[], $2::text[]) s(partition, first)
  cross join lateral (
    select v.entity_id from ledger.versions v where v.partition = s.partition and v.latest and v.entity_id >= s.first collate "C"
      and v.entity_id < 'bar:' || split_part(s.first, ':', 2) || ';' collate "C" and length(v.entity_id) = length(s.first) order by v.entity_id desc limit 1
  ) v`

/** By owner: the start of the newest bar that the ledger has of each. */
export async function lastStarts(
  database: Database,
  owners: readonly string[],
  interval: BarInterval,
  partitions: number,
): Promise<ReadonlyMap<string, Instant>> {
  const first = owners.map((owner) => entityId('bar', owner, barLocal(interval, EARLIEST)))
  const values = [numberArray(first.map((id) => partitionOf(id, partitions))), textArray(first)]
  const { rows } = await database.query<{ entity_id: EntityId }>({ name: 'last-bars', text: LAST, values })
  return new Map(rows.map(({ entity_id: id }) => [ownerOf(id), barPeriod(localOf(id))?.start ?? EARLIEST]))
}
