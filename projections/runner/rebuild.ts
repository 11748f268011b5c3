// A view built anew: beside the live one, up to the head, and then swapped in. Killed at any point and begun again, it goes on where it was. Readers see the old one, then the new one, which has seen
// all that the old one had.
import { setTimeout as sleep } from 'node:timers/promises'
import { isLockTimeout } from '../../ledger/failure.ts'
import type { Ledger } from '../../ledger/index.ts'
import type { Poisoned } from '../fold.ts'
import type { Projection } from '../projection.ts'
import type { Place, Places, Sink, View } from '../sinks/sink.ts'
import { advance } from './advance.ts'
import { builds } from './builds.ts'
import { exclusively } from './exclusive.ts'
import type { RunName } from './leases.ts'
import { pages } from './pages.ts'
import { isSkipped } from './skip.ts'
import { written } from './written.ts'

const TELL_EVERY_MS = 1_000
const SWAP_AGAIN_MS = 500

export interface RebuildProgress {
  /** Seen by what is being built. */
  readonly versions: number
  readonly total: number
  /** Seen before: by whoever had begun it. */
  readonly before: number
}

export interface RebuildOptions {
  readonly ledger: Ledger
  readonly sink: Sink
  readonly projection: Projection
  readonly signal: AbortSignal
  /** Lets go of what was begun before. */
  readonly restart?: boolean
  readonly onProgress?: (progress: RebuildProgress) => void
}

/** A newer program has made the view: this one has nothing to do with it any more. */
export class Outdated extends Error {
  override readonly name = 'Outdated'
}

/** Whether what is live was made by this version of the projection; nothing is no other version. Throws Outdated where a newer one has made it. */
export async function isCurrent(sink: Sink, projection: Projection): Promise<boolean> {
  const { name, version } = projection
  const live = (await sink.liveVersion(projection)) ?? version
  if (live > version)
    throw new Outdated(
      `the view ${name} was made by version ${live} of its projection, and this program has version ${version}: it leaves it alone`,
    )
  return live === version
}

/** False: another process builds it already. Throws Outdated. Throws Poisoned where the new one can not get as far as the live one; what was built stays. */
export async function rebuild(options: RebuildOptions): Promise<boolean> {
  const { ledger, sink, projection } = options
  const name = `rebuild ${sink.name} ${projection.name}`
  return (await exclusively(ledger.database, name, async (lost) => build(options, AbortSignal.any([options.signal, lost])))) ?? false
}

async function build(
  { ledger, sink, projection, restart = false, onProgress = () => undefined }: RebuildOptions,
  signal: AbortSignal,
): Promise<true> {
  await isCurrent(sink, projection)
  const run: RunName = { sink: sink.name, view: projection.name }
  const told = builds(ledger.database)
  if (restart || (await told.find(run))?.version !== projection.version) {
    // In this order: what is told of is never what another version has left.
    await sink.drop(projection, 'next')
    await told.begin(run, projection.version)
  }
  const next = await sink.open(projection, 'next')
  const live = await sink.open(projection, 'live')
  const builder = await builderOf(ledger, run, projection, next, sink.pace?.batchVersions)
  let toldAt = 0
  const before = builder.versions()
  for (;;) {
    signal.throwIfAborted()
    const { caughtUp, total } = await builder.step()
    const progress = { versions: builder.versions(), total, before }
    onProgress(progress)
    if (caughtUp || performance.now() - toldAt > TELL_EVERY_MS) {
      toldAt = performance.now()
      await told.tell(run, progress)
    }
    if (caughtUp) break
  }
  await swapWhenItMay(sink, projection, signal, () => builder.reach(live))
  await told.end(run)
  return true
}

/** A reader of what is live who takes long is not cut off: it is tried again. */
async function swapWhenItMay(sink: Sink, projection: Projection, signal: AbortSignal, catchUp: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await sink.swap(projection, catchUp)
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      await sleep(SWAP_AGAIN_MS, undefined, { signal })
    }
  }
}

interface Builder {
  versions(): number
  /** A batch further. */
  step(): Promise<{ readonly moved: boolean; readonly caughtUp: boolean; readonly total: number }>
  /** As far as the live one, everywhere. Throws the Poisoned that it can not get past. */
  reach(live: View): Promise<void>
}

async function builderOf(ledger: Ledger, run: RunName, projection: Projection, next: View, batchVersions?: number): Promise<Builder> {
  const { feed } = ledger
  const reader = pages(feed, batchVersions).reader()
  const places = new Map<number, Place>(await next.places())
  const stopped = new Map<number, Poisoned>()
  const before = written()

  async function step(): Promise<{ moved: boolean; caughtUp: boolean; total: number }> {
    const partitions = Array.from({ length: feed.partitions }, (_, partition) => partition).filter((partition) => !stopped.has(partition))
    const page = await reader.read(partitions, places)
    if (page.versions.length > 0) {
      const advanced = await advance(next, projection, page.versions, (record) => isSkipped(ledger, run, record), before)
      for (const [partition, place] of advanced.places) places.set(partition, place)
      for (const poisoned of advanced.poisoned) stopped.set(poisoned.record.partition, poisoned)
    }
    const { positions } = await feed.end()
    return { moved: page.versions.length > 0, caughtUp: page.caughtUp, total: positions.reduce((sum, position) => sum + position, 0) }
  }

  return {
    versions: () => [...places.values()].reduce((sum, { position }) => sum + position, 0),
    step,
    async reach(live) {
      for (;;) {
        const behind = behindOf(places, await live.places())
        const [hopeless] = behind.flatMap((partition) => stopped.get(partition) ?? [])
        if (hopeless) throw hopeless
        // What the live one has seen may not be there any more: then the ledger was restored to an earlier time, and this is the way out.
        if (behind.length === 0 || !(await step()).moved) return
      }
    },
  }
}

const behindOf = (places: Places, live: Places): readonly number[] =>
  [...live].filter(([partition, { position }]) => position > (places.get(partition)?.position ?? 0)).map(([partition]) => partition)
