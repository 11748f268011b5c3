// The feed: every version, by position within a partition, over one partition or all of them with one cursor. Complete by construction: positions are dense and in commit order, so a page is
// counted out from the heads it was read at, and no late commit can slip in below them.
import type { Database } from './database.ts'
import { partitionOfOwner } from './partition.ts'
import { ROW_COLUMNS, toRecord, type VersionRecord, type VersionRow } from './record.ts'

/** Where a reader of all partitions stands: the last position seen in each, and the partition to begin with next, so that none waits for a busy one. */
export interface FeedPlace {
  readonly positions: readonly number[]
  readonly first: number
}

export interface FeedFilter {
  readonly kinds?: readonly string[] | undefined
  readonly owner?: string | undefined
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

/** A place that this ledger never gave: of other partitions, or ahead of it. */
export class BadPlace extends Error {
  override readonly name = 'BadPlace'
}

export interface Feed {
  readonly partitions: number
  readonly beginning: FeedPlace
  end(): Promise<FeedPlace>
  /** Looks at up to `limit` versions from a place on, and shows those that the filter lets pass. `until`: a place that `end` gave, to read up to instead of the heads of now. Throws BadPlace. */
  read(place: FeedPlace, limit: number, filter?: FeedFilter, until?: FeedPlace): Promise<FeedPage>
  readPartition(partition: number, after: number, limit: number): Promise<PartitionPage>
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

const HEADS = 'select l.partition, l.position from ledger.last_times l order by l.partition'
const RANGES = `
  select ${ROW_COLUMNS} from unnest($1::integer[], $2::bigint[], $3::bigint[]) with ordinality r(partition, after, upto, ord)
  cross join lateral (
    select * from ledger.versions v where v.partition = r.partition and v.position > r.after and v.position <= r.upto
      and ($4::text[] is null or v.kind = any ($4)) and ($5::text is null or split_part(v.entity_id, ':', 2) = $5)
    order by v.position
  ) v
  order by r.ord, v.position`

interface Range {
  readonly partition: number
  readonly after: number
  readonly upto: number
}

export function feed(database: Database, partitions: number, news: FeedSignal): Feed {
  const heads = async (): Promise<readonly number[]> => {
    const { rows } = await database.query<{ partition: number; position: number }>({ name: 'feed-heads', text: HEADS })
    return rows.map((row) => row.position)
  }

  const rowsOf = async (ranges: readonly Range[], { kinds, owner }: FeedFilter): Promise<readonly VersionRecord[]> => {
    if (ranges.length === 0) return []
    const values = [ranges.map((r) => r.partition), ranges.map((r) => r.after), ranges.map((r) => r.upto), kinds ?? null, owner ?? null]
    return (await database.query<VersionRow>({ name: 'feed-ranges', text: RANGES, values })).rows.map(toRecord)
  }

  async function read(place: FeedPlace, limit: number, filter: FeedFilter = {}, until?: FeedPlace): Promise<FeedPage> {
    const newest = until?.positions ?? (await heads())
    if (place.positions.length !== partitions || !place.positions.every((position, partition) => isWithin(position, newest[partition]))) {
      throw new BadPlace('the cursor is not of this ledger, or ahead of it')
    }
    const only = filter.owner === undefined ? undefined : partitionOfOwner(filter.owner, partitions)
    const { ranges, caughtUp } = countOut(place, newest, limit, only)
    const versions = await rowsOf(ranges, filter)
    const positions = [...place.positions]
    for (const range of ranges) positions[range.partition] = range.upto
    const last = ranges.at(-1)
    const next = { positions, first: last === undefined ? place.first : (last.partition + 1) % partitions }
    return { versions, placeAfter: (n) => placeAfter(versions[n], place, ranges), next, caughtUp, behind: behind(next, newest, only) }
  }

  return {
    partitions,
    beginning: { positions: Array.from({ length: partitions }, () => 0), first: 0 },
    end: async () => ({ positions: await heads(), first: 0 }),
    read,
    async readPartition(partition, after, limit) {
      const head = (await heads())[partition]
      if (head === undefined || !isWithin(after, head)) throw new BadPlace(`there is no position ${after} in partition ${partition}`)
      const upto = Math.min(head, after + limit)
      const versions = upto > after ? await rowsOf([{ partition, after, upto }], {}) : []
      return { versions, next: upto, caughtUp: upto === head, behind: head - upto }
    },
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

const isWithin = (position: number, head: number | undefined): boolean => position >= 0 && position <= (head ?? 0)

/** How many versions a place is behind the newest, over all partitions or in one. */
const behind = ({ positions }: FeedPlace, newest: readonly number[], only: number | undefined): number =>
  newest.reduce((sum, head, n) => (only === undefined || only === n ? sum + head - (positions[n] ?? 0) : sum), 0)

/** What a page reads of each partition, in order, beginning with place.first: positions are dense, so heads less places are numbers of versions. */
function countOut(
  place: FeedPlace,
  newest: readonly number[],
  limit: number,
  only: number | undefined,
): { ranges: readonly Range[]; caughtUp: boolean } {
  const ranges: Range[] = []
  let left = limit
  let caughtUp = true
  for (let n = 0; n < newest.length; n++) {
    const partition = (place.first + n) % newest.length
    if (only !== undefined && partition !== only) continue
    const after = place.positions[partition] ?? 0
    const upto = Math.min(newest[partition] ?? 0, after + left)
    if (upto < (newest[partition] ?? 0)) caughtUp = false
    if (upto <= after) continue
    ranges.push({ partition, after, upto })
    left -= upto - after
  }
  return { ranges, caughtUp }
}

function placeAfter(version: VersionRecord | undefined, from: FeedPlace, ranges: readonly Range[]): FeedPlace {
  if (version === undefined) return from
  const positions = [...from.positions]
  // A partition that was left behind was read to its range's end, whatever a filter showed of it.
  for (const range of ranges) {
    if (range.partition === version.partition) break
    positions[range.partition] = range.upto
  }
  positions[version.partition] = version.position
  return { positions, first: version.partition }
}
