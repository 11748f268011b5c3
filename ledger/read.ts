// Reads of one entity: latest, by version, its history, and as it was: as of a recorded time, an effective time, or both. Every as-of answer is repeatable: the same question gets the same
// answer for ever. docs/explanation/time.md tells how.
import type { Database } from './database.ts'
import { kindNamed } from './entities/index.ts'
import { kindOf, type EntityId } from './entity-id.ts'
import type { Instant } from './instant.ts'
import type { JsonObject } from './json.ts'
import { partitionOf } from './partition.ts'
import { ROW_COLUMNS, toCurrentRecord, toRecord, type CurrentRecord, type VersionRecord, type VersionRow } from './record.ts'
import type { Settle } from './settle.ts'
import { upcast } from './upcast.ts'

export interface AsOf {
  /** As known by then. Undefined: the partition's last recorded time. */
  readonly asOf?: Instant | undefined
  /** As holding then. */
  readonly effectiveAsOf: Instant
}

export interface EffectiveAnswer {
  readonly record: VersionRecord | undefined
  /** What "known by" came to. */
  readonly asOf: Instant
}

export interface Reads {
  latest(id: EntityId): Promise<CurrentRecord | undefined>
  version(id: EntityId, version: number): Promise<CurrentRecord | undefined>
  /** The newest version recorded at or before an instant. Throws InTheFuture. */
  asOf(id: EntityId, at: Instant): Promise<VersionRecord | undefined>
  /** The fold of the events known and holding by then, in the order of effective time, then version; version 1 first. Throws InTheFuture. */
  effective(id: EntityId, question: AsOf): Promise<EffectiveAnswer>
  /** Versions after a given one, oldest first. */
  history(id: EntityId, after: number, limit: number): Promise<readonly CurrentRecord[]>
}

const LATEST = `select ${ROW_COLUMNS} from ledger.versions v where v.partition = $1 and v.entity_id = $2 and v.latest`
const VERSION = `select ${ROW_COLUMNS} from ledger.versions v where v.partition = $1 and v.entity_id = $2 and v.version = $3`
const HISTORY = `select ${ROW_COLUMNS} from ledger.versions v where v.partition = $1 and v.entity_id = $2 and v.version > $3 order by v.version limit $4`

// One statement, one snapshot: the version, and whether the partition's last time has reached the instant, so that nothing can still be recorded at or before it.
// (offset 0: or the function would be asked again for every row looked at.)
const AS_OF = `
  select l.last_at >= $3::timestamptz as final, ${ROW_COLUMNS}
  from ledger.last_times l
  cross join lateral (select ledger.version_as_of(l.partition, $2, $3) as version offset 0) found
  left join lateral (select * from ledger.versions v where v.partition = l.partition and v.entity_id = $2 and v.version = found.version limit 1) v on true
  where l.partition = $1`

// The entity's own versions known by $3 (null: the last time) and holding by $4. `ordered`: effective order is version order and nothing is left out, so the last one's state is the fold.
const EFFECTIVE = `
  with last as (select l.last_at, coalesce($3::timestamptz, l.last_at) as known_by from ledger.last_times l where l.partition = $1),
  held as (
    select v.version, v.effective_at, v.effective_at < lag(v.effective_at) over (order by v.version) as falls
    from ledger.versions v, last where v.partition = $1 and v.entity_id = $2 and v.recorded_at <= last.known_by and v.effective_at <= $4::timestamptz
  )
  select last.known_by, last.last_at >= last.known_by as final, h.first, h.ordered, h.newest
  from last left join lateral (
    select min(version) as first, count(*) = max(version) and bool_and(falls is not true) as ordered, max(version) as newest from held
  ) h on true`

const EVENTS = `
  select ${ROW_COLUMNS} from ledger.versions v
  where v.partition = $1 and v.entity_id = $2 and v.recorded_at <= $3 and v.effective_at <= $4 order by v.version > 1, v.effective_at, v.version`

interface EffectiveRow {
  readonly known_by: Instant
  readonly final: boolean
  readonly first: number | null
  readonly ordered: boolean | null
  readonly newest: number | null
}

export function reads(database: Database, partitions: number, settle: Settle): Reads {
  const place = (id: EntityId): [number, EntityId] => [partitionOf(id, partitions), id]
  const rows = async (name: string, text: string, values: unknown[]): Promise<readonly VersionRow[]> =>
    (await database.query<VersionRow>({ name, text, values })).rows
  const one = async (name: string, text: string, values: unknown[]): Promise<CurrentRecord | undefined> => {
    const [row] = await rows(name, text, values)
    return row && toCurrentRecord(row)
  }

  async function asOf(id: EntityId, at: Instant): Promise<VersionRecord | undefined> {
    for (;;) {
      const { rows: found } = await database.query<VersionRow & { final: boolean }>({
        name: 'as-of',
        text: AS_OF,
        values: [...place(id), at],
      })
      const [row] = found
      if (row?.final) return row.version === null ? undefined : toRecord(row)
      await settle(partitionOf(id, partitions), at)
    }
  }

  async function effective(id: EntityId, { asOf: at, effectiveAsOf }: AsOf): Promise<EffectiveAnswer> {
    for (;;) {
      const { rows: found } = await database.query<EffectiveRow>({
        name: 'effective',
        text: EFFECTIVE,
        values: [...place(id), at ?? null, effectiveAsOf],
      })
      const [row] = found
      if (!row?.final) {
        await settle(partitionOf(id, partitions), at ?? effectiveAsOf)
        continue
      }
      if (row.first !== 1 || row.newest === null) return { record: undefined, asOf: row.known_by }
      if (row.ordered) {
        const [newest] = await rows('version', VERSION, [...place(id), row.newest])
        return { record: newest && toRecord(newest), asOf: row.known_by }
      }
      const folded = await rows('effective-events', EVENTS, [...place(id), row.known_by, effectiveAsOf])
      return { record: fold(folded), asOf: row.known_by }
    }
  }

  return {
    latest: (id) => one('latest', LATEST, place(id)),
    version: (id, version) => one('version', VERSION, [...place(id), version]),
    asOf,
    effective,
    history: async (id, after, limit) => (await rows('history', HISTORY, [...place(id), after, limit])).map(toCurrentRecord),
  }
}

/** Events in the order given, as one record: the last one's, with the state they all come to. */
export const fold = (rows: readonly VersionRow[]): VersionRecord | undefined => foldEach(rows).at(-1)

/** One entity's events in the order given, each with the state that it and those before it come to. */
export function foldEach(rows: readonly VersionRow[]): readonly VersionRecord[] {
  const [first] = rows
  const kind = first && kindNamed(kindOf(first.entity_id))
  if (!kind) return rows.map(toRecord)
  let state: object | undefined
  return rows.map((row) => {
    state = kind.evolve(state, upcast(kind, row.schema_version, row))
    return { ...toRecord(row), state: state as JsonObject }
  })
}
