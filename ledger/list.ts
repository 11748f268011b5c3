// Lists of one kind: latest records, or records as they were, by entity id descending, filtered by fields of their state.
import type { Database } from './database.ts'
import { kindNamed } from './entities/index.ts'
import type { EntityId } from './entity-id.ts'
import type { Instant } from './instant.ts'
import { partitionOfOwner } from './partition.ts'
import { fold } from './read.ts'
import { ROW_COLUMNS, toCurrentRecord, toRecord, type CurrentRecord, type VersionRecord, type VersionRow } from './record.ts'
import type { Settle } from './settle.ts'

export interface ListQuestion {
  readonly kind: string
  readonly owner?: string | undefined
  /** Fields of the state and the strings they must equal. */
  readonly filters: Readonly<Record<string, string>>
  /** Only ids below this one: the last id of the page before. */
  readonly below?: EntityId | undefined
  readonly limit: number
}

export interface ListAsOf extends ListQuestion {
  readonly owner: string
  readonly asOf?: Instant | undefined
  readonly effectiveAsOf?: Instant | undefined
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly hasMore: boolean
  /** The last id looked at, where there is more. */
  readonly last: EntityId | undefined
}

export interface Lists {
  latest(question: ListQuestion): Promise<Page<CurrentRecord>>
  /** Throws InTheFuture. */
  asOf(question: ListAsOf): Promise<Page<VersionRecord> & { readonly asOf: Instant }>
}

// The ids of a kind, or of a kind and owner, are one range of the index: from 'trade:alice:' to 'trade:alice;' (the character after the colon).
// A row in an old shape passes the filter here and meets it after it was lifted.
const LATEST = `
  select ${ROW_COLUMNS} from unnest($1::integer[]) asked(partition)
  cross join lateral (
    select * from ledger.versions v
    where v.partition = asked.partition and v.latest and v.entity_id > $2 collate "C" and v.entity_id < $3 collate "C" and (v.schema_version < $5 or v.state @> $4::jsonb)
    order by v.entity_id desc limit $6
  ) v
  order by v.entity_id desc limit $6`

const AS_OF = `
  with last as (select l.last_at, coalesce($7::timestamptz, l.last_at) as known_by from ledger.last_times l where l.partition = $1)
  select last.known_by, last.last_at >= last.known_by as final, ${ROW_COLUMNS}
  from last left join lateral (
    select v.* from ledger.versions newest
    cross join lateral (select ledger.version_as_of(newest.partition, newest.entity_id, last.known_by) as version offset 0) found
    join lateral (
      select * from ledger.versions v where v.partition = newest.partition and v.entity_id = newest.entity_id and v.version = found.version limit 1
    ) v on v.schema_version < $5 or v.state @> $4::jsonb
    where newest.partition = $1 and newest.latest and newest.entity_id > $2 collate "C" and newest.entity_id < $3 collate "C"
    order by newest.entity_id desc limit $6
  ) v on last.last_at >= last.known_by
  order by v.entity_id desc`

// By effective time: where effective order is version order, the newest version that holds has the state; the others come with all their events, to be folded.
// `breaks`: in effective order this row does not follow the version before it; `early`: version 1 does not hold yet, so there is nothing. One pass over the index backwards, which ends with the
// page: the window is over all rows, since one per entity would have to be sorted first (94,000 versions of 46,000 trades: all of them 140 to 290 ms, a page of 100 20 to 70 ms, on a busy machine; 200 to 440 ms each
// with a probe per entity).
const EFFECTIVE = `
  with last as (select l.last_at, coalesce($7::timestamptz, l.last_at) as known_by from ledger.last_times l where l.partition = $1)
  select last.known_by, last.last_at >= last.known_by as final, held.ordered, ${ROW_COLUMNS}
  from last left join lateral (
    select h.entity_id, max(h.version) as newest, not bool_or(h.breaks) as ordered
    from (
      select v.entity_id, v.version, v.schema_version, v.state,
        lag(v.entity_id) over w is distinct from v.entity_id as newest,
        case when lead(v.entity_id) over w = v.entity_id
          then lead(v.version) over w <> v.version - 1 or lead(v.effective_at) over w > v.effective_at
          else v.version > 1 end as breaks,
        v.version > 1 and lead(v.entity_id) over w is distinct from v.entity_id as early
      from ledger.versions v
      where v.partition = $1 and v.entity_id > $2 collate "C" and v.entity_id < $3 collate "C" and v.recorded_at <= last.known_by and v.effective_at <= $8::timestamptz
      window w as (order by v.entity_id desc, v.version desc)
    ) h
    where h.breaks or h.newest and (h.schema_version < $5 or h.state @> $4::jsonb)
    group by h.entity_id
    having not bool_or(h.early)
    order by h.entity_id desc limit $6
  ) held on last.last_at >= last.known_by
  left join lateral (select * from ledger.versions v where v.partition = $1 and v.entity_id = held.entity_id and v.version = held.newest limit 1) v on true
  order by held.entity_id desc`

const EVENTS = `
  select ${ROW_COLUMNS} from ledger.versions v
  where v.partition = $1 and v.entity_id = any ($2::text[]) and v.recorded_at <= $3 and v.effective_at <= $4
  order by v.entity_id, v.version > 1, v.effective_at, v.version`

interface AsOfRow extends VersionRow {
  readonly known_by: Instant
  readonly final: boolean
  readonly ordered?: boolean
}

const AFTER_COLON = ';'

export function lists(database: Database, partitions: number, settle: Settle): Lists {
  const range = ({ kind, owner, below }: ListQuestion): [string, string] => {
    const prefix = owner === undefined ? kind : `${kind}:${owner}`
    const end = `${prefix}${AFTER_COLON}`
    return [`${prefix}:`, below !== undefined && below < end ? below : end]
  }
  const today = (kind: string): number => kindNamed(kind)?.schemaVersion ?? 1

  return {
    async latest(question) {
      const where =
        question.owner === undefined ? Array.from({ length: partitions }, (_, n) => n) : [partitionOfOwner(question.owner, partitions)]
      const values = [where, ...range(question), JSON.stringify(question.filters), today(question.kind), question.limit + 1]
      const { rows } = await database.query<VersionRow>({ name: 'list-latest', text: LATEST, values })
      return page(rows, question, toCurrentRecord)
    },
    async asOf(question) {
      const partition = partitionOfOwner(question.owner, partitions)
      const values = [
        partition,
        ...range(question),
        JSON.stringify(question.filters),
        today(question.kind),
        question.limit + 1,
        question.asOf ?? null,
      ]
      for (;;) {
        const { rows } = await database.query<AsOfRow>(
          question.effectiveAsOf === undefined
            ? { name: 'list-as-of', text: AS_OF, values }
            : { name: 'list-effective', text: EFFECTIVE, values: [...values, question.effectiveAsOf] },
        )
        const [first] = rows
        if (!first?.final) {
          await settle(partition, question.asOf ?? '')
          continue
        }
        const found = rows.filter((row) => row.entity_id !== null)
        const folded = await foldUnordered(partition, found, first.known_by, question.effectiveAsOf)
        return { ...page(found, question, (row) => folded.get(row.entity_id) ?? toRecord(row)), asOf: first.known_by }
      }
    },
  }

  async function foldUnordered(
    partition: number,
    rows: readonly AsOfRow[],
    knownBy: Instant,
    effectiveAsOf: Instant | undefined,
  ): Promise<ReadonlyMap<EntityId, VersionRecord>> {
    const ids = rows.filter((row) => row.ordered === false).map((row) => row.entity_id)
    const folded = new Map<EntityId, VersionRecord>()
    if (ids.length === 0) return folded
    const { rows: events } = await database.query<VersionRow>({
      name: 'list-events',
      text: EVENTS,
      values: [partition, ids, knownBy, effectiveAsOf],
    })
    for (const [id, own] of Map.groupBy(events, (row) => row.entity_id)) {
      const record = fold(own)
      if (record) folded.set(id, record)
    }
    return folded
  }
}

/** One row more than the limit was asked for, to know whether there is more. */
function page<Row extends VersionRow, Item extends VersionRecord>(
  rows: readonly Row[],
  { limit, filters }: ListQuestion,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const matches = (item: Item): boolean => Object.entries(filters).every(([field, value]) => item.state[field] === value)
  return { items: shown.map(toItem).filter(matches), hasMore: rows.length > limit, last: shown.at(-1)?.entity_id }
}
