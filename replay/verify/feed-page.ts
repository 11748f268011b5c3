// The rows of a partition in the order of positions, or of one entity in the order of versions, judged in the database a page at a time: each row against the one before it, each command against
// its other rows, wherever they are. Only what is wrong leaves the database. A unit is seen whole or not at all: the heads were read in one snapshot, and a command's rows commit together.
import type { Database } from '../../ledger/database.ts'
import type { Instant } from '../../ledger/instant.ts'
import type { Flaw } from './flaw.ts'

/** How many rows are judged in one statement. */
const PAGE_ROWS = 2_000

/** A row that is wrong, with what there is to say about it; or the page's last row, with nothing. */
export interface JudgedRow {
  readonly flaws: readonly Flaw[]
  readonly entity_id: string
  readonly version: number
  readonly position: number
  readonly recorded_at: Instant
  readonly position_before: number
  readonly command_seq: number
  readonly command_size: number
  readonly command_scope: string
  readonly others: number
  readonly whole: number
  readonly head_size: number | null
  readonly currency: string | null
  readonly total: string | null
  /** Of the whole page. */
  readonly rows: number
  readonly commands: number
  readonly last_place: number
}

const OF_PAGE = 'count(*) over () as rows, count(*) filter (where v.command_seq = 0) over () as commands'
const BY_POSITION = `
  select v.*, ${OF_PAGE}, v.position as place, max(v.position) over () as last_place,
    lag(v.position, 1, $2::bigint) over w as position_before, lag(v.recorded_at, 1, $4::timestamptz) over w as recorded_before
  from (select * from ledger.versions v where v.partition = $1 and v.position > $2::bigint and v.position <= $3::bigint order by v.position limit ${PAGE_ROWS}) v
  window w as (order by v.position)`
const BY_ENTITY = `
  select v.*, ${OF_PAGE}, v.version::bigint as place, max(v.version) over ()::bigint as last_place, v.position - 1 as position_before, null::timestamptz as recorded_before
  from (
    select * from ledger.versions v where v.partition = $1 and v.entity_id = $4::text and v.version > $2::bigint and v.position <= $3::bigint
    order by v.version limit ${PAGE_ROWS}
  ) v`

// A posting that is not a decimal is found elsewhere, and must not stop the sum.
const MONEY = (data: string) =>
  `case when ${data} ->> 'posting' ~ '^-?[0-9]{1,20}([.][0-9]{1,18})?$' then (${data} ->> 'posting')::numeric else 0 end`
const FLAWS: Readonly<Record<Flaw, string>> = {
  gap: 'p.position > p.position_before + 1',
  positionTwice: 'p.position = p.position_before',
  fallingTime: 'p.recorded_at < p.recorded_before',
  otherTimeThanFirst: 'head.recorded_at <> p.recorded_at',
  otherTimeThanRest: 'rest.elsewhen > 0',
  apart: 'rest.apart',
  seqBeyondSize: 'p.command_seq not between 0 and p.command_size - 1',
  noHash: 'p.command_seq = 0 and p.command_hash is null',
  hashOfAnother: 'p.command_seq <> 0 and (p.command_hash is not null or p.command_places is not null)',
  foreignKey: "p.command_seq = 0 and p.command_scope <> split_part(p.entity_id, ':', 2)",
  otherSizeThanPlaces: 'p.command_seq = 0 and coalesce(cardinality(p.command_places), 0) <> 2 * (p.command_size - 1)',
  restMissing: 'rest.whole < cardinality(p.command_places) / 2',
  firstMissing: 'p.command_seq <> 0 and head.command_size is null',
  otherSizeThanFirst: 'head.command_size <> p.command_size',
  notPointedTo: `p.command_seq <> 0 and head.command_size is not null
    and (head.command_places[2 * p.command_seq - 1], head.command_places[2 * p.command_seq]) is distinct from (p.partition::bigint, p.position)`,
  // Only asked where the unique index does not answer it: a probe per row costs as much as all the rest.
  appliedTwice: `$5::boolean and p.command_seq = 0 and exists (select from ledger.versions o
    where o.partition = p.partition and o.command_scope = p.command_scope and o.command_id = p.command_id and o.command_seq = 0 and o.position <> p.position)`,
  unbalanced: 'unbalanced.total is not null',
}

// The other rows are found by one probe each (limit 1), or the planner might join the whole table.
const OTHERS = `
  generate_series(2, cardinality(p.command_places), 2) n
  left join lateral (select * from ledger.versions o where o.partition = p.command_places[n - 1] and o.position = p.command_places[n] limit 1) o on true`

// head: the command's first row, where this is another one. rest: the rows that the first one's places point to.
const judge = (page: string) => `
  with page as materialized (${page}), judged as (
    select p.*, head.command_size as head_size, rest.whole, unbalanced.currency, unbalanced.total,
      array_remove(array[${Object.entries(FLAWS)
        .map(([flaw, wrong]) => `case when ${wrong} then '${flaw}' end`)
        .join(', ')}], null) as flaws
    from page p
    left join lateral (
      select h.command_size, h.command_places, h.recorded_at from ledger.versions h
      where p.command_seq <> 0 and h.partition = ledger.partition_of('key:' || p.command_scope)
        and h.command_scope = p.command_scope and h.command_id = p.command_id and h.command_seq = 0
      limit 1
    ) head on true
    left join lateral (
      select
        count(*) filter (where o.command_scope = p.command_scope and o.command_id = p.command_id and o.command_seq = n / 2 and o.command_size = p.command_size) as whole,
        count(*) filter (where o.recorded_at <> p.recorded_at) as elsewhen,
        count(*) filter (where o.kind = 'account') as accounts,
        bool_or(p.command_places[n] <> 1 + case
          when n = 2 and p.command_places[1] = p.partition then p.position
          when p.command_places[n - 3] = p.command_places[n - 1] then p.command_places[n - 2]
          else p.command_places[n] - 1 end) as apart
      from ${OTHERS}
      where p.command_seq = 0 and p.command_places is not null
    ) rest on true
    left join lateral (
      select t.currency, sum(t.posting) as total
      from (
        select p.state ->> 'currency' as currency, ${MONEY('p.data')} as posting where p.kind = 'account'
        union all
        select o.state ->> 'currency', ${MONEY('o.data')} from ${OTHERS} where o.kind = 'account'
      ) t
      where p.command_seq = 0 and (p.kind = 'account' or rest.accounts > 0)
      group by t.currency having sum(t.posting) <> 0
      order by t.currency limit 1
    ) unbalanced on true
  )
  select j.flaws, j.entity_id, j.version, j.position, j.recorded_at, j.position_before, j.command_seq, j.command_size, j.command_scope,
    coalesce(cardinality(j.command_places), 0) / 2 as others, coalesce(j.whole, 0) as whole, j.head_size, j.currency, j.total::text as total, j.rows, j.commands, j.last_place
  from judged j where j.flaws <> '{}' or j.place = j.last_place
  order by j.place`

const JUDGE_BY_POSITION = judge(BY_POSITION)
const JUDGE_BY_ENTITY = judge(BY_ENTITY)

export interface FeedPages {
  readonly partition: number
  readonly head: number
  readonly entityId?: string | undefined
  /** There is no unique index that keeps a command from being there twice. */
  readonly keysMayRepeat: boolean
  readonly signal?: AbortSignal | undefined
}

export async function* judgedPages(
  database: Database,
  { partition, head, entityId, keysMayRepeat, signal }: FeedPages,
): AsyncGenerator<readonly JudgedRow[], void, undefined> {
  const read = async (after: number, recordedBefore: Instant | null): Promise<readonly JudgedRow[]> => {
    const { rows } = await database.query<JudgedRow>(
      entityId === undefined
        ? { name: 'verify-positions', text: JUDGE_BY_POSITION, values: [partition, after, head, recordedBefore, keysMayRepeat] }
        : { name: 'verify-entity', text: JUDGE_BY_ENTITY, values: [partition, after, head, entityId, keysMayRepeat] },
    )
    return rows
  }
  let rows = await read(0, null)
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    signal?.throwIfAborted()
    yield rows
    rows = await read(last.last_place, last.recorded_at)
  }
}
