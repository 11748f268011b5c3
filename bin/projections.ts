// What a server projects, and how it tells of it: every view on every sink that keeps it, the feed on every relay; trouble goes to the log once, when it begins and when it ends.
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Ledger } from '../ledger/index.ts'
import { analytics } from '../projections/analytics/index.ts'
import { parts, type Keeping } from '../projections/serving/keeping.ts'
import type { RunName } from '../projections/runner/leases.ts'
import type { RunChange } from '../projections/runner/projector.ts'
import { RELAYED, type Relay } from '../projections/runner/target.ts'
import { projectionMetrics } from '../projections/serving/metrics.ts'
import { watch, type Watch } from '../projections/serving/watch.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import { views } from '../projections/views/index.ts'
import type { Place } from './place.ts'
import type { GoodSettings } from './setting-flags.ts'
import { keepChild } from './child.ts'
import type { Projecting, Told } from './projecting.ts'
import { analyticsSinks, documentSinks, feedRelays, openAll } from './sinks.ts'
import { keepThread } from './thread.ts'

export interface ProjectingOptions {
  readonly place: Pick<Place, 'workingUrl'>
  readonly settings: GoodSettings
  readonly ledger: Ledger
  readonly log: Logger
  readonly registry: Registry
}

export interface OpenedProjections {
  readonly sinks: readonly Sink[]
  /** Opened where they are kept. */
  readonly analytics: Keeping
  /** Opened where they are kept. */
  readonly relays: readonly Pick<Relay, 'name'>[]
  readonly statuses: Watch
  /** The runs that need a person, or a sink that is back. */
  readonly troubled: () => Promise<readonly object[]>
}

/** What it has opened is on the stack, last first. */
export async function openProjections(
  { place, settings, ledger, log, registry }: ProjectingOptions,
  end: AsyncDisposableStack,
): Promise<OpenedProjections> {
  const sinks = await openAll(documentSinks(place, settings), end)
  const relays = feedRelays(settings)
  const tables = { sinks: (await analyticsSinks(settings)).map(({ name }) => name), projections: Object.values(analytics) }
  const all = { sinks: sinks.map(({ name }) => name), projections: Object.values(views), analytics: tables }
  const runs = [
    ...parts(all).flatMap(({ sinks: on, projections }) => on.flatMap((sink) => projections.map(({ name: view }) => ({ sink, view })))),
    ...relays.map((relay) => ({ sink: relay.name, view: RELAYED })),
  ]
  const statuses = watch(ledger.database, runs)
  const { onBatch } = projectionMetrics(registry, statuses)
  if (settings.settings.projections === 'on') {
    const data: Projecting = { url: await place.workingUrl(), settings }
    const options = (of: string) => ({
      data,
      onMessage: (told: Told) => ('batch' in told ? onBatch(told.run, told.batch) : tell(log, told.run, told.change)),
      onFailure: (err: unknown) => log.error({ err }, `${of} have failed, and are begun again`),
    })
    end.use(keepThread({ script: new URL('projecting-thread.ts', import.meta.url), ...options('projections') }))
    end.use(keepChild({ script: new URL('analytics-process.ts', import.meta.url), ...options('analytics') }))
  }
  return {
    sinks,
    analytics: tables,
    relays,
    statuses,
    async troubled() {
      const found = (await statuses()).filter(({ state }) => state === 'stopped' || state === 'retrying')
      return found.map(({ sink, view, state }) => ({ sink, view, state }))
    },
  }
}

function tell(log: Logger, { sink, view }: RunName, change: RunChange): void {
  const about = { sink, view }
  switch (change.to) {
    case 'failing':
      return log.warn({ ...about, err: change.error }, 'a projection fails, and is tried again')
    case 'stopped':
      return log.error({ ...about, err: change.error }, 'a projection stops at a version that it can not apply: see strata projections')
    case 'left':
      return log.warn({ ...about, err: change.error }, 'a newer program has built this view: this server leaves it alone')
    case 'working':
      return log.warn(about, 'the projection works again')
    case 'building':
      return log.warn(about, 'the view was made by an older version of its projection: it is built anew beside it')
    case 'built':
      return log.warn(about, 'the view is built anew, and swapped in')
  }
}
