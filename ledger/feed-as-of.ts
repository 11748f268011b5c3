// Where the feed was at an instant: in each partition, the last version recorded by then, for good.
import type { Database } from './database.ts'
import type { FeedPlace } from './feed-place.ts'
import type { Instant } from './instant.ts'
import type { Settle } from './settle.ts'

/** The same question gets the same answer for ever. Throws InTheFuture. */
export type FeedAsOf = (at: Instant) => Promise<FeedPlace>

// A bisection in each partition, since recorded_at rises with position. One statement, one snapshot, with whether the last time has reached the instant, so that nothing can still be recorded by then.
const PLACES = `
  with recursive bisection(partition, low, high) as (
    select p.partition, 0::bigint, coalesce(h.position, 0) + 1 from ledger.partitions p
    left join lateral (select v.position from ledger.versions v where v.partition = p.partition order by v.position desc limit 1) h on true
    union all
    select b.partition, case when v.recorded_at <= $1 then m.middle else b.low end, case when v.recorded_at <= $1 then b.high else m.middle end
    from bisection b
    cross join lateral (select (b.low + b.high) / 2 as middle) m
    join lateral (select v.recorded_at from ledger.versions v where v.partition = b.partition and v.position = m.middle) v on true
    where b.high - b.low > 1
  )
  select b.partition, b.low as position, l.last_at >= $1::timestamptz as final
  from bisection b join ledger.last_times l on l.partition = b.partition
  where b.high - b.low = 1 order by b.partition`

interface PlaceRow {
  readonly partition: number
  readonly position: number
  readonly final: boolean
}

export function feedAsOf(database: Database, settle: Settle): FeedAsOf {
  return async (at) => {
    for (;;) {
      const { rows } = await database.query<PlaceRow>(PLACES, [at])
      const open = rows.filter(({ final }) => !final)
      if (open.length === 0) return { positions: rows.map(({ position }) => position), first: 0 }
      for (const { partition } of open) await settle(partition, at)
    }
  }
}
