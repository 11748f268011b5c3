// All that a process projects: every view on every sink of documents, and the feed on every relay, each by a run of its own, on the partitions that the process holds.
import { hostname } from 'node:os'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from '../../ledger/index.ts'
import type { Projection } from '../projection.ts'
import type { Sink } from '../sinks/sink.ts'
import { control, errorText, type Control } from './control.ts'
import { HEARTBEAT_MS, LEASE_MS, leases, runKey, type Held, type RunName } from './leases.ts'
import { pages } from './pages.ts'
import { run } from './run.ts'
import { isSkipped } from './skip.ts'
import { viewTarget, type IsSkipped, type Relay, type Target } from './target.ts'

export interface ProjectorOptions {
  readonly ledger: Ledger
  readonly sinks: readonly Sink[]
  readonly projections: readonly Projection[]
  readonly relays?: readonly Relay[]
  readonly leaseMs?: number
  readonly heartbeatMs?: number
  readonly onTrouble?: (run: RunName, error: unknown) => void
}

export interface Projector extends AsyncDisposable {
  readonly control: Control
  readonly runs: readonly RunName[]
}

interface Part {
  readonly name: RunName
  readonly open: (isSkipped: IsSkipped) => Promise<Target>
}

/** What a relay's run is called, where others have a view. */
export const RELAYED = 'feed'

/** Starts at once; trouble of any kind is a state of the run that has it, not an error here. */
export function projector({
  ledger,
  sinks,
  projections,
  relays = [],
  leaseMs = LEASE_MS,
  heartbeatMs = HEARTBEAT_MS,
  onTrouble = () => undefined,
}: ProjectorOptions): Projector {
  const runner = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
  const ending = new AbortController()
  const states = control(ledger.database)
  const shared = pages(ledger.feed)
  const parts: readonly Part[] = [
    ...sinks.flatMap((sink) =>
      projections.map((projection) => ({
        name: { sink: sink.name, view: projection.name },
        open: async (skipped: IsSkipped) => viewTarget(await sink.open(projection, 'live'), projection, skipped),
      })),
    ),
    ...relays.map((relay) => ({
      name: { sink: relay.name, view: RELAYED },
      open: (skipped: IsSkipped) => relay.open(ledger.partitions, skipped),
    })),
  ]
  const names = parts.map(({ name }) => name)
  const lease = leases(ledger.database, runner, names, ledger.partitions, leaseMs)
  const held = new Map<string, readonly Held[]>()
  const positions = new Map<string, Map<number, number>>()

  async function beat(): Promise<void> {
    // Told is what was reached before: what is reached meanwhile is told next time.
    const heartbeat = await lease.beat(new Map([...positions].map(([key, places]) => [key, new Map(places)])))
    held.clear()
    for (const [key, partitions] of heartbeat.held) held.set(key, partitions)
  }

  /** Without a heartbeat for as long as a lease lasts, nothing is held any more. */
  async function keepLeases(): Promise<void> {
    for (let lastBeat = performance.now(); !ending.signal.aborted;) {
      try {
        await beat()
        lastBeat = performance.now()
      } catch {
        if (performance.now() - lastBeat > leaseMs) held.clear()
      }
      await sleep(heartbeatMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  function start({ name, open }: Part): Promise<void> {
    const key = runKey(name)
    const places = new Map<number, number>()
    positions.set(key, places)
    let target: Promise<Target> | undefined
    return run({
      feed: ledger.feed,
      pages: shared,
      signal: ending.signal,
      open: () => {
        const opening = (target ??= open((record) => isSkipped(ledger, name, record)))
        opening.catch(() => (target = undefined))
        return opening
      },
      held: () => held.get(key) ?? [],
      onAdvanced: (advanced) => {
        for (const [partition, { position }] of advanced) places.set(partition, position)
      },
      async onPoisoned(poisoned) {
        const { partition } = poisoned.record
        held.set(
          key,
          (held.get(key) ?? []).map((one) => (one.partition === partition ? { partition, stopped: true } : one)),
        )
        onTrouble(name, poisoned)
        await states.stopped(name, poisoned)
      },
      async onTrouble(trouble) {
        if (trouble?.times === 1) onTrouble(name, trouble.error)
        await states.trouble(name, runner, trouble && errorText(trouble.error))
      },
    })
  }

  const working = [keepLeases(), ...parts.map(start)]
  return {
    control: states,
    runs: names,
    async [Symbol.asyncDispose]() {
      ending.abort()
      await Promise.all(working)
      await lease.release().catch(() => undefined)
    },
  }
}
