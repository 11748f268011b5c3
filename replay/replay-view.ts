// A view as it was: built from the feed up to an instant, by the same steps as the live one, into a place of its own. As of a recorded time it is what the live view held then; with an effective time
// too, it is what the view would be of what was known by then, taken in the order in which it held.
import type { Ledger } from '../ledger/index.ts'
import type { FeedPlace } from '../ledger/feed-place.ts'
import type { Instant } from '../ledger/instant.ts'

import type { Projection } from '../projections/projection.ts'
import { advance } from '../projections/runner/advance.ts'
import type { RunName } from '../projections/runner/leases.ts'
import { isSkipped } from '../projections/runner/skip.ts'
import { written } from '../projections/runner/written.ts'
import type { View } from '../projections/sinks/sink.ts'
import { replayEffective } from './replay-effective.ts'

const PAGE_VERSIONS = 500

export interface ReplayOptions {
  readonly ledger: Ledger
  readonly projection: Projection
  readonly asOf: Instant
  readonly effectiveAsOf?: Instant | undefined
  /** Empty. */
  readonly into: View
  /** What was left out of the view there, is left out here. */
  readonly sink: string
  readonly signal: AbortSignal
  readonly onProgress?: (versions: number, total: number) => void
}

export interface Replayed {
  /** That were looked at. */
  readonly versions: number
  /** Up to where the feed was. */
  readonly positions: readonly number[]
}

/** Throws InTheFuture, and Poisoned where the projection can not apply a version that nobody has skipped. */
export async function replayView(options: ReplayOptions): Promise<Replayed> {
  const { ledger, projection, asOf, effectiveAsOf, sink } = options
  const run: RunName = { sink, view: projection.name }
  const until = await ledger.feedAsOf(asOf)
  const skipped = (record: Parameters<typeof isSkipped>[2]): Promise<boolean> => isSkipped(ledger, run, record)
  const replay =
    effectiveAsOf === undefined ? replayRecorded(options, until, skipped) : replayEffective({ ...options, effectiveAsOf, until, skipped })
  return { versions: await replay, positions: until.positions }
}

async function replayRecorded(
  { ledger: { feed }, projection, into, signal, onProgress = () => undefined }: ReplayOptions,
  until: FeedPlace,
  skipped: (record: Parameters<typeof isSkipped>[2]) => Promise<boolean>,
): Promise<number> {
  const total = until.positions.reduce((sum, position) => sum + position, 0)
  let versions = 0
  const before = written()
  for (let place = feed.beginning; ;) {
    signal.throwIfAborted()
    const page = await feed.read(place, PAGE_VERSIONS, {}, until)
    if (page.versions.length > 0) {
      const { poisoned } = await advance(into, projection, page.versions, skipped, before)
      if (poisoned[0]) throw poisoned[0]
    }
    versions += page.versions.length
    onProgress(versions, total)
    if (page.caughtUp) return versions
    place = page.next
  }
}
