// What projects beside a server's own thread: on a ledger and sinks of its own, until it is told to end.
import { openLedger } from '../ledger/index.ts'
import type { RunName } from '../projections/runner/leases.ts'
import { projector, type ProjectorOptions, type RunChange } from '../projections/runner/projector.ts'
import type { GoodSettings } from './setting-flags.ts'
import { openAll, type Asked } from './sinks.ts'

export interface Projecting {
  readonly url: string
  readonly settings: GoodSettings
}

/** What the server is told. */
export type Told =
  | { readonly run: RunName; readonly batch: { readonly versions: number; readonly seconds: number } }
  | { readonly run: RunName; readonly change: RunChange }

type Open = <Opened extends AsyncDisposable>(asked: readonly Asked<Opened>[]) => Promise<readonly Opened[]>

const READ_CONNECTIONS = 4

export async function project(
  url: string,
  what: (open: Open) => Promise<Omit<ProjectorOptions, 'ledger'>>,
  tell: (told: Told) => void,
  ended: Promise<unknown>,
): Promise<void> {
  await using end = new AsyncDisposableStack()
  const ledger = end.use(await openLedger({ url, lanes: 1, readConnections: READ_CONNECTIONS }))
  end.use(
    projector({
      ledger,
      ...(await what((asked) => openAll(asked, end))),
      onBatch: (run, batch) => tell({ run, batch }),
      onChange: (run, change) => tell({ run, change }),
    }),
  )
  await ended
}
