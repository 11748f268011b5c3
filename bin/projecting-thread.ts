// The thread in which a server projects: whoever appends or reads does not wait for it.
import { parentPort, workerData } from 'node:worker_threads'
import { openLedger } from '../ledger/index.ts'
import { analytics } from '../projections/analytics/index.ts'
import type { RunName } from '../projections/runner/leases.ts'
import { projector, type RunChange } from '../projections/runner/projector.ts'
import { views } from '../projections/views/index.ts'
import type { GoodSettings } from './setting-flags.ts'
import { analyticsSinks, documentSinks, feedRelays, type Asked } from './sinks.ts'

export interface Projecting {
  readonly url: string
  readonly settings: GoodSettings
}

/** What the thread tells. */
export type Told =
  | { readonly run: RunName; readonly batch: { readonly versions: number; readonly seconds: number } }
  | { readonly run: RunName; readonly change: RunChange }

const READ_CONNECTIONS = 4

const { url, settings } = workerData as Projecting
const ended = new Promise((end) => parentPort?.once('message', end))
const tell = (told: Told): void => parentPort?.postMessage(told)

await using end = new AsyncDisposableStack()
const ledger = end.use(await openLedger({ url, lanes: 1, readConnections: READ_CONNECTIONS }))
async function opened<Opened extends AsyncDisposable>(asked: readonly Asked<Opened>[]): Promise<readonly Opened[]> {
  const all: Opened[] = []
  for (const { open } of asked) all.push(end.use(await open()))
  return all
}
end.use(
  projector({
    ledger,
    sinks: await opened(documentSinks({ workingUrl: () => Promise.resolve(url) }, settings)),
    projections: Object.values(views),
    analytics: { sinks: await opened(await analyticsSinks(settings)), projections: Object.values(analytics) },
    relays: await opened(feedRelays(settings)),
    onBatch: (run, batch) => tell({ run, batch }),
    onChange: (run, change) => tell({ run, change }),
  }),
)
await ended
