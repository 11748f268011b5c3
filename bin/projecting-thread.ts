// The thread in which a server projects: whoever appends or reads does not wait for it.
import { parentPort, workerData } from 'node:worker_threads'
import { openLedger } from '../ledger/index.ts'
import type { RunName } from '../projections/runner/leases.ts'
import { projector, type RunChange } from '../projections/runner/projector.ts'
import { views } from '../projections/views/index.ts'
import type { GoodSettings } from './setting-flags.ts'
import { documentSinks, feedRelays } from './sinks.ts'

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
const sinks = []
for (const { open } of documentSinks({ workingUrl: () => Promise.resolve(url) }, settings)) sinks.push(end.use(await open()))
const relays = []
for (const { open } of feedRelays(settings)) relays.push(end.use(await open()))
end.use(
  projector({
    ledger,
    sinks,
    relays,
    projections: Object.values(views),
    onBatch: (run, batch) => tell({ run, batch }),
    onChange: (run, change) => tell({ run, change }),
  }),
)
await ended
