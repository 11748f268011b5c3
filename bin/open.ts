// Promises: the ledger, open, for a command that is done with it soon: the one of STRATA_DATABASE_URL, or the embedded one, made on first use.
// Beside a running server, and in several processes at once, it is the same ledger. At the end, however it comes, nothing is left running.

import { type Ledger, type LedgerOptions, openLedger } from '../ledger/index.ts'
import { MigrationRefused } from '../ledger/migrate.ts'
import { CommandFailed } from './exit.ts'
import { explainConnection } from './explain.ts'
import { interruption, untilInterrupted } from './interrupt.ts'
import { say } from './output.ts'
import { assertReachable, migratePlace, openPlace, type Place } from './place.ts'
import { type GoodSettings, settingsOf } from './setting-flags.ts'
import type { Flags } from './settings.ts'

/** A command sends one thing at a time, or streams. */
const READ_CONNECTIONS = 2

export interface OpenOptions {
  readonly lanes?: number
  readonly readConnections?: number
  /** The work watches `interruption()` itself, and is waited for: it has something to finish. */
  readonly endsItself?: boolean
}

/** Runs the work on the open place; what is still going on when somebody interrupts is cut off. */
export async function withPlace<Result>(flags: Flags, work: (place: Place, settings: GoodSettings) => Promise<Result>): Promise<Result> {
  const settings = settingsOf(flags)
  const signal = interruption()
  await using place = await openPlace(settings, say)
  signal.throwIfAborted()
  return await work(place, settings)
}

export function withLedger<Result>(
  flags: Flags,
  work: (ledger: Ledger, place: Place) => Promise<Result>,
  { lanes = 1, readConnections = READ_CONNECTIONS, endsItself = false }: OpenOptions = {},
): Promise<Result> {
  return withPlace(flags, async (place, settings) => {
    if (place.embedded) await migratePlace(place, settings)
    else await assertReachable(place.url)
    await using ledger = await openIn(place, settings, { lanes, readConnections })
    return await (endsItself ? work(ledger, place) : untilInterrupted(work(ledger, place)))
  })
}

/** Opens the ledger of a place, or throws a sentence. */
export async function openIn(place: Place, { settings, sources }: GoodSettings, options: Omit<LedgerOptions, 'url'>): Promise<Ledger> {
  const url = await place.workingUrl()
  const ledger = await openLedger({ url, ...options }).catch((error: unknown) => {
    throw error instanceof MigrationRefused ? new CommandFailed(error.message, { cause: error }) : explainConnection(error, place.url)
  })
  if (sources.partitions === 'default' || settings.partitions === ledger.partitions) return ledger
  await ledger.close()
  throw new CommandFailed(
    `the ledger was created with ${ledger.partitions} partitions, which can not change: leave STRATA_PARTITIONS (${settings.partitions}) out`,
  )
}
