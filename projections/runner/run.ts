// One run, for as long as its process runs: reads what is new in the partitions that the process holds, and has its target take it in. What goes wrong stays here: a sink that fails is tried
// again, with waits that grow; a version that can not be applied stops its partition.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Feed } from '../../ledger/feed.ts'
import type { Poisoned } from '../fold.ts'
import { Superseded, type Pace, type Place } from '../sinks/sink.ts'
import type { Held } from './leases.ts'
import { BATCH_VERSIONS, type Reader } from './pages.ts'
import type { Target } from './target.ts'

/** Between batches at the head, what comes one by one gathers: until the next multiple of this, where the sink does not say otherwise. All runs of a process that gather until the same multiple wake together, and share what is read. */
export const GATHER_MS = 25
export const PACE: Pace = { batchVersions: BATCH_VERSIONS, gatherMs: GATHER_MS }
/** A run at the head rests as long as its last batch took, up to this: when there is much to do, or others need the machine, batches grow instead. */
export const MAX_REST_MS = 50
const FIRST_WAIT_MS = 100
export const MAX_WAIT_MS = 30_000
const IDLE_MS = 200

export interface RunContext {
  readonly feed: Feed
  readonly reader: Reader
  readonly pace: Pace
  /** So often it is asked anew where it is. */
  readonly lookAgainMs?: number | undefined
  /** Opens the target, where it is not open yet. */
  readonly open: () => Promise<Target>
  /** It was swapped for another build: it is opened anew. */
  readonly onSuperseded: () => void
  /** What the process holds of it now. */
  readonly held: () => readonly Held[]
  /** Where it is, in what it holds from now on. */
  readonly onFound: (places: ReadonlyMap<number, Place>) => void
  /** `versions`: of how many; in how many seconds. */
  readonly onAdvanced: (places: ReadonlyMap<number, Place>, batch: { readonly versions: number; readonly seconds: number }) => void
  readonly onPoisoned: (poisoned: Poisoned) => Promise<void>
  /** It fails, for the nth time in a row, and will be tried again; or, undefined, it works again. */
  readonly onTrouble: (trouble: { readonly error: unknown; readonly times: number } | undefined) => Promise<void>
  readonly signal: AbortSignal
}

export async function run(context: RunContext): Promise<void> {
  const { feed, signal, onTrouble, lookAgainMs = Infinity } = context
  const places = new Map<number, Place>()
  let known: ReadonlySet<number> = new Set()
  let news: Promise<void> | undefined
  let askedAt = 0
  for (let times = 0; !signal.aborted;) {
    try {
      // Asked before the page is read, so that what is committed meanwhile is not slept through; once until it is waited for.
      news ??= feed.changed(signal)
      const held = context.held().filter(({ stopped }) => !stopped)
      const partitions = held.map(({ partition }) => partition)
      // Another process may have brought what is newly held further than this one remembers; or a crash of the sink has taken it back.
      if (partitions.some((partition) => !known.has(partition)) || performance.now() - askedAt > lookAgainMs) {
        places.clear()
        for (const [partition, place] of await (await context.open()).places(partitions)) places.set(partition, place)
        context.onFound(places)
        askedAt = performance.now()
      }
      known = new Set(partitions)
      const started = performance.now()
      const found = partitions.length === 0 ? undefined : await step(context, partitions, places)
      if (times > 0) await onTrouble(undefined)
      times = 0
      if (found === undefined) await sleep(IDLE_MS, undefined, { signal })
      else if (found === 'all') await sleep(restMs(context.pace, started, performance.now()), undefined, { signal })
      else if (found === 'nothing') {
        await news
        news = undefined
      }
    } catch (error) {
      if (signal.aborted) return
      known = new Set()
      if (error instanceof Superseded) {
        context.onSuperseded()
        continue
      }
      times++
      await onTrouble({ error, times }).catch(() => undefined)
      await sleep(waitMs(times), undefined, { signal }).catch(() => undefined)
    }
  }
}

/** What was new, and is done: nothing, all that there was, or a part of it. */
async function step(context: RunContext, partitions: readonly number[], places: Map<number, Place>): Promise<'nothing' | 'all' | 'part'> {
  const { reader, open, onPoisoned, onAdvanced } = context
  const page = await reader.read(partitions, places)
  if (page.versions.length === 0) return 'nothing'
  const started = performance.now()
  const advanced = await (await open()).apply(page.versions)
  for (const [partition, place] of advanced.places) places.set(partition, place)
  onAdvanced(advanced.places, { versions: page.versions.length, seconds: (performance.now() - started) / 1_000 })
  for (const poisoned of advanced.poisoned) await onPoisoned(poisoned)
  return page.caughtUp ? 'all' : 'part'
}

function restMs({ gatherMs }: Pace, started: number, now: number): number {
  const until = now + Math.min(MAX_REST_MS, now - started)
  return Math.ceil(until / gatherMs) * gatherMs - now
}

/** Twice as long each time, up to a limit, and never quite the same: else all that fail together come back together. */
export const waitMs = (times: number): number => Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(times, 20)) * (0.5 + Math.random() / 2)
