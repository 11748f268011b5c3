// All that a process projects: every view on every sink of documents, and the feed on every relay, each by a run of its own, on the partitions that the process holds.
import { hostname } from 'node:os'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from '../../ledger/index.ts'
import type { Projection } from '../projection.ts'
import type { Pace, Place, Sink, View } from '../sinks/sink.ts'
import { control, errorText, type Control } from './control.ts'
import { HEARTBEAT_MS, LEASE_MS, leases, runKey, type Held, type RunName } from './leases.ts'
import { pages } from './pages.ts'
import { PACE, run } from './run.ts'
import { openCurrent } from './open-current.ts'
import { Outdated } from './rebuild.ts'
import { isSkipped } from './skip.ts'
import { RELAYED, viewTarget, type IsSkipped, type Relay, type Target } from './target.ts'

export interface ProjectorOptions {
  readonly ledger: Ledger
  readonly sinks: readonly Sink[]
  readonly projections: readonly Projection[]
  readonly relays?: readonly Relay[]
  readonly leaseMs?: number
  readonly heartbeatMs?: number
  /** Once each. */
  readonly onChange?: (run: RunName, change: RunChange) => void
  readonly onBatch?: (run: RunName, batch: { readonly versions: number; readonly seconds: number }) => void
}

/** failing: it is tried again; stopped: at a version that it can not apply; working: no more of that; building: what is live is of an older version of the projection; built: and is no more; left: it is of a newer one, and others go on with it. */
export type RunChange =
  { readonly to: 'failing' | 'stopped' | 'left'; readonly error: unknown } | { readonly to: 'working' | 'building' | 'built' }

export interface Projector extends AsyncDisposable {
  readonly control: Control
  readonly runs: readonly RunName[]
}

interface Part {
  readonly name: RunName
  readonly pace: Pace
  readonly lookAgainMs?: number | undefined
  readonly open: (isSkipped: IsSkipped) => Promise<Target>
}

/** Starts at once; trouble of any kind is a state of the run that has it, not an error here. */
export function projector({
  ledger,
  sinks,
  projections,
  relays = [],
  leaseMs = LEASE_MS,
  heartbeatMs = HEARTBEAT_MS,
  onChange = () => undefined,
  onBatch = () => undefined,
}: ProjectorOptions): Projector {
  const runner = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
  const ending = new AbortController()
  const states = control(ledger.database)
  const parts: readonly Part[] = [
    ...sinks.flatMap((sink) =>
      projections.map((projection) => ({
        name: { sink: sink.name, view: projection.name },
        pace: sink.pace ?? PACE,
        lookAgainMs: sink.lookAgainMs,
        open: async (skipped: IsSkipped) => viewTarget(await openLive(sink, projection), projection, skipped),
      })),
    ),
    ...relays.map((relay) => ({
      name: { sink: relay.name, view: RELAYED },
      pace: PACE,
      open: (skipped: IsSkipped) => relay.open(ledger.partitions, skipped),
    })),
  ]
  const shared = new Map(parts.map(({ name, pace }) => [name.sink, pages(ledger.feed, pace.batchVersions)]))
  const names = parts.map(({ name }) => name)
  /** Runs that are a newer program's now. */
  const left = new Set<string>()
  /** Sinks that another process has. */
  const elsewhere = new Set<string>()
  const works = (): readonly RunName[] => names.filter((name) => !left.has(runKey(name)) && !elsewhere.has(name.sink))
  const lease = leases(ledger.database, runner, works, ledger.partitions, leaseMs)
  const held = new Map<string, readonly Held[]>()
  const positions = new Map<string, Map<number, number>>()

  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }

  const openLive = (sink: Sink, projection: Projection): Promise<View> =>
    openCurrent({
      ledger,
      sink,
      projection,
      signal: ending.signal,
      inTurn,
      onChange: (to) => onChange({ sink: sink.name, view: projection.name }, { to }),
    })

  async function beat(): Promise<void> {
    for (const { name, isMine } of sinks) {
      if (!isMine || (await isMine().catch(() => false))) elsewhere.delete(name)
      else elsewhere.add(name)
    }
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

  function start({ name, pace, lookAgainMs, open }: Part): Promise<void> {
    const key = runKey(name)
    const places = new Map<number, number>()
    positions.set(key, places)
    const found = (at: ReadonlyMap<number, Place>): void => {
      for (const [partition, { position }] of at) places.set(partition, position)
    }
    let target: Promise<Target> | undefined
    const reader = (shared.get(name.sink) ?? pages(ledger.feed, pace.batchVersions)).reader()
    return run({
      feed: ledger.feed,
      reader,
      pace,
      lookAgainMs,
      signal: ending.signal,
      open: () => {
        const opening = (target ??= open((record) => isSkipped(ledger, name, record)))
        opening.catch(() => (target = undefined))
        return opening
      },
      onSuperseded: () => (target = undefined),
      held: () => held.get(key) ?? [],
      onFound: found,
      onAdvanced(advanced, batch) {
        found(advanced)
        onBatch(name, batch)
      },
      async onPoisoned(poisoned) {
        const { partition } = poisoned.record
        held.set(
          key,
          (held.get(key) ?? []).map((one) => (one.partition === partition ? { partition, stopped: true } : one)),
        )
        onChange(name, { to: 'stopped', error: poisoned })
        await states.stopped(name, poisoned)
      },
      async onTrouble(trouble) {
        if (trouble?.error instanceof Outdated) {
          if (!left.has(key)) onChange(name, { to: 'left', error: trouble.error })
          left.add(key)
          return
        }
        if (trouble?.times === 1) onChange(name, { to: 'failing', error: trouble.error })
        if (!trouble) onChange(name, { to: 'working' })
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
      await lease.release(positions).catch(() => undefined)
    },
  }
}
