// The feed: every version, by position within a partition, over one partition or all of them with one cursor. Complete by construction: positions are dense and in commit order, so a page is
// counted out from the heads it was read at, and no late commit can slip in below them.
import type { Database } from './database.ts'
import { afterAll, BadPlace, countOut, type FeedPlace, ForeignPlace, markOf, microsOf, placeAfter, type Range } from './feed-place.ts'
import type { Instant } from './instant.ts'
import { partitionOfOwner } from './partition.ts'
import { ROW_COLUMNS, toRecord, type VersionRecord, type VersionRow } from './record.ts'

export interface FeedFilter {
  readonly kinds?: readonly string[] | undefined
  readonly owner?: string | undefined
  /** These only; of an owner, always the owner's. */
  readonly partitions?: readonly number[] | undefined
}

export interface FeedPage {
  readonly versions: readonly VersionRecord[]
  /** The place after the nth of the versions, made when asked for: it holds a position per partition. */
  readonly placeAfter: (n: number) => FeedPlace
  readonly next: FeedPlace
  /** The page reached what was committed when it was read. */
  readonly caughtUp: boolean
  /** How many versions lie between its end and that, whatever the filter lets pass. */
  readonly behind: number
}

export interface PartitionPage {
  readonly versions: readonly VersionRecord[]
  readonly next: number
  readonly caughtUp: boolean
  readonly behind: number
}

export interface Feed {
  readonly partitions: number
  readonly beginning: FeedPlace
  end(): Promise<FeedPlace>
  /** Looks at up to `limit` versions from a place on, and shows those that the filter lets pass. `until`: a place that `end` gave, to read up to instead of the heads of now. Throws BadPlace. */
  read(place: FeedPlace, limit: number, filter?: FeedFilter, until?: FeedPlace): Promise<FeedPage>
  /** Throws ForeignPlace unless what was seen up to the place is there. */
  check(place: FeedPlace): Promise<void>
  /** `afterAt`: when the version at `after` was recorded; if another one is there, ForeignPlace is thrown. */
  readPartition(partition: number, after: number, limit: number, afterAt?: Instant): Promise<PartitionPage>
  /** Resolves when something was committed after this was called, as far as it is told, and after POLL_INTERVAL_MS in any case. */
  changed(signal: AbortSignal): Promise<void>
  /** Pages from a place on, for ever: waits at the head until something new was committed, or the signal is aborted; then gives a page, empty or not, at least once per POLL_INTERVAL_MS. */
  follow(
    place: FeedPlace,
    options: { readonly limit: number; readonly filter?: FeedFilter; readonly signal: AbortSignal },
  ): AsyncGenerator<FeedPage, void, undefined>
}

/** Tells that something was committed. `next` resolves at the first news after it was called, or when the time is up. */
export interface FeedSignal {
  next(signal: AbortSignal, timeoutMs: number): Promise<void>
}

/** Notifications may be lost; polling finds what they did not tell. */
export const POLL_INTERVAL_MS = 1_000

// A range of one, in order: so that no plan made without statistics can prefer another index.
/** The newest version of each partition, and the one at a given position. */
const HEADS = `
  select coalesce(h.position, 0) as position, h.recorded_at, s.recorded_at as seen_at
  from (select partition, ($1::bigint[])[partition + 1] as position from ledger.partitions) p
  left join lateral (select v.position, v.recorded_at from ledger.versions v where v.partition = p.partition order by v.position desc limit 1) h on true
  left join lateral (
    select v.recorded_at from ledger.versions v where v.partition = p.partition and v.position between p.position and p.position
    order by v.position limit 1
  ) s on true
  order by p.partition`
/** A range's last version comes along even where it is not to be shown: it is where the next page goes on. */
const RANGES = `
  select ${ROW_COLUMNS}, v.shown from unnest($1::integer[], $2::bigint[], $3::bigint[]) with ordinality r(partition, after, upto, ord)
  cross join lateral (
    select * from (
      select *, ($4::text[] is null or kind = any ($4)) and ($5::text is null or split_part(entity_id, ':', 2) = $5) as shown
      from ledger.versions where partition = r.partition and position > r.after and position <= r.upto
    ) v
    where v.shown or v.position = r.upto order by v.position
  ) v
  order by r.ord, v.position`

interface FeedRow extends VersionRow {
  readonly shown: boolean
}

/** By partition. */
interface Head {
  readonly position: number
  readonly recorded_at: Instant | null
  /** When what stands at the place's position was recorded; null where nothing does. */
  readonly seen_at: Instant | null
}

export function feed(database: Database, partitions: number, news: FeedSignal): Feed {
  const beginning: FeedPlace = { positions: Array.from({ length: partitions }, () => 0), first: 0, mark: 0n }

  const heads = async (positions: readonly number[]): Promise<readonly Head[]> =>
    (await database.query<Head>({ name: 'feed-heads', text: HEADS, values: [positions] })).rows

  /** The heads of now, for a place that is of this history. */
  async function headsFrom({ positions, mark }: FeedPlace): Promise<readonly Head[]> {
    if (positions.length !== partitions || !positions.every((position) => Number.isSafeInteger(position) && position >= 0))
      throw new BadPlace('the cursor is not of this ledger')
    const found = await heads(positions)
    const isThere = ({ seen_at }: Head, partition: number): boolean => seen_at !== null || positions[partition] === 0
    if (!found.every(isThere) || (mark !== undefined && mark !== markOf(found.map(({ seen_at }) => seen_at))))
      throw new ForeignPlace(FOREIGN)
    return found
  }

  async function rowsOf(ranges: readonly Range[], { kinds, owner }: FeedFilter): Promise<readonly FeedRow[]> {
    if (ranges.length === 0) return []
    const values = [ranges.map((r) => r.partition), ranges.map((r) => r.after), ranges.map((r) => r.upto), kinds ?? null, owner ?? null]
    return (await database.query<FeedRow>({ name: 'feed-ranges', text: RANGES, values })).rows
  }

  async function read(place: FeedPlace, limit: number, filter: FeedFilter = {}, until?: FeedPlace): Promise<FeedPage> {
    const found = await headsFrom(place)
    const newest = until?.positions ?? found.map(({ position }) => position)
    const only = filter.owner === undefined ? filter.partitions : [partitionOfOwner(filter.owner, partitions)]
    const { ranges, behind } = countOut(place, newest, limit, only && new Set(only))
    const rows = await rowsOf(ranges, filter)
    const seen = found.map(({ seen_at }) => microsOf(seen_at))
    const lastAt = new Map(rows.map((row) => [row.partition, row.recorded_at]))
    const passed = ranges.map((range) => ({ ...range, mark: microsOf(lastAt.get(range.partition)) - (seen[range.partition] ?? 0n) }))
    const from = { ...place, mark: seen.reduce((sum, micros) => sum + micros, 0n) }
    const versions = rows.filter(({ shown }) => shown).map(toRecord)
    return {
      versions,
      placeAfter: (n) => placeAfter(versions[n], from, seen, passed),
      next: afterAll(from, passed),
      caughtUp: behind === 0,
      behind,
    }
  }

  return {
    partitions,
    beginning,
    async end() {
      const found = await heads(beginning.positions)
      return { positions: found.map(({ position }) => position), first: 0, mark: markOf(found.map(({ recorded_at }) => recorded_at)) }
    },
    read,
    check: async (place) => void (await headsFrom(place)),
    async readPartition(partition, after, limit, afterAt) {
      const head = (await heads(beginning.positions.map((_, n) => (n === partition ? after : 0))))[partition]
      if (head === undefined || !(after >= 0)) throw new BadPlace(`there is no position ${after} in partition ${partition}`)
      if (after > head.position || (afterAt !== undefined && afterAt !== head.seen_at)) throw new ForeignPlace(FOREIGN)
      const upto = Math.min(head.position, after + limit)
      const rows = await rowsOf(upto > after ? [{ partition, after, upto }] : [], {})
      return { versions: rows.map(toRecord), next: upto, caughtUp: upto === head.position, behind: head.position - upto }
    },
    changed: (signal) => news.next(signal, POLL_INTERVAL_MS),
    async *follow(place, { limit, filter, signal }) {
      let hint: Promise<void> | undefined
      for (let at = place; !signal.aborted;) {
        // Asked before the read, so that what is committed during it is not slept through; once until it is waited for.
        hint ??= news.next(signal, POLL_INTERVAL_MS)
        const page = await read(at, limit, filter)
        at = page.next
        yield page
        if (!page.caughtUp) continue
        await hint
        hint = undefined
      }
    },
  }
}

const FOREIGN =
  'the cursor is of another history: what was read up to it is not in this ledger, which is another one, or was restored to an earlier time'
