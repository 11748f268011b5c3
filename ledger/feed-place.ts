// A place in the feed, and how it moves: pure arithmetic on dense positions.
import { toMicros, type Instant } from './instant.ts'
import type { VersionRecord } from './record.ts'

/** Where a reader of all partitions stands: the last position seen in each, and the partition to begin with next, so that none waits for a busy one. */
export interface FeedPlace {
  readonly positions: readonly number[]
  readonly first: number
  /**
   * What was seen there: the recorded times of the versions at the positions, summed up in microseconds. In a ledger that was restored to an earlier time and has grown past the place since,
   * other versions stand there, recorded later. Left out: not looked at.
   */
  readonly mark?: bigint
}

/** No place in a feed. */
export class BadPlace extends Error {
  override readonly name: string = 'BadPlace'
}

/** A place in the history of another ledger, or in one that this ledger had before it was restored to an earlier time: whoever holds it has seen versions that are not there. */
export class ForeignPlace extends BadPlace {
  override readonly name = 'ForeignPlace'
}

export interface Range {
  readonly partition: number
  readonly after: number
  readonly upto: number
}

/** A range that was read: what going over it adds to a place's mark. */
export interface Passed extends Range {
  readonly mark: bigint
}

export const microsOf = (instant: Instant | null | undefined): bigint => (instant ? toMicros(instant) : 0n)
export const markOf = (instants: readonly (Instant | null)[]): bigint => instants.reduce((sum, instant) => sum + microsOf(instant), 0n)

/** What a page reads of each partition, in order, beginning with place.first: positions are dense, so heads less places are numbers of versions. */
export function countOut(
  place: FeedPlace,
  newest: readonly number[],
  limit: number,
  only: ReadonlySet<number> | undefined,
): { readonly ranges: readonly Range[]; readonly behind: number } {
  const ranges: Range[] = []
  let left = limit
  let behind = 0
  for (let n = 0; n < newest.length; n++) {
    const partition = (place.first + n) % newest.length
    if (only && !only.has(partition)) continue
    const after = place.positions[partition] ?? 0
    const upto = Math.min(newest[partition] ?? 0, after + left)
    behind += (newest[partition] ?? 0) - upto
    if (upto <= after) continue
    ranges.push({ partition, after, upto })
    left -= upto - after
  }
  return { ranges, behind }
}

export function afterAll(from: Required<FeedPlace>, passed: readonly Passed[]): Required<FeedPlace> {
  const positions = [...from.positions]
  let { mark, first } = from
  for (const range of passed) {
    positions[range.partition] = range.upto
    mark += range.mark
    first = (range.partition + 1) % positions.length
  }
  return { positions, first, mark }
}

/** A partition that was left behind was read to its range's end, whatever a filter showed of it. */
export function placeAfter(
  version: VersionRecord | undefined,
  from: Required<FeedPlace>,
  seen: readonly bigint[],
  passed: readonly Passed[],
): FeedPlace {
  if (version === undefined) return from
  const { partition, position, recordedAt } = version
  const before = passed.slice(
    0,
    passed.findIndex((range) => range.partition === partition),
  )
  const { positions, mark } = afterAll(from, before)
  return { positions: positions.with(partition, position), first: partition, mark: mark + toMicros(recordedAt) - (seen[partition] ?? 0n) }
}
