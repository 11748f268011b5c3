// An order feed of ten traders, the first rows of it as a file of their own to import.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Example } from '../example.ts'
import { sharedData } from '../shared-data.ts'

export const quantcup = sharedData('quantcup')

/** Side 0 bids, 1 asks; a price of 0 is a cancel. */
export type QuantcupRow = readonly [symbol: string, trader: string, side: 0 | 1, price: number, size: number]

export interface QuantcupReference {
  readonly limit_orders: number
  readonly cancels_of_unknown_or_already_gone_orders: number
  readonly trades: number
  readonly traded_size: number
  readonly notional_price_ticks: number
  readonly live_orders_at_end: number
  readonly live_size_at_end: number
  readonly best_bid: number
  readonly best_ask: number
  readonly net_position_by_trader: Readonly<Record<string, number>>
  /** How the hash was made, and the hash. */
  readonly trades_sha256: string
  readonly live_sha256: string
}

export interface QuantcupPart {
  readonly rows: readonly QuantcupRow[]
  /** Brings it into the ledger of that database. */
  readonly example: (databaseUrl: string) => Example
}

export async function quantcupPart(folder: string, count: number): Promise<QuantcupPart> {
  const rows = quantcup.json<{ readonly rows: readonly QuantcupRow[] }>('feed.json.gz').rows.slice(0, count)
  const file = join(folder, 'feed.json')
  await writeFile(file, JSON.stringify({ rows }))
  return { rows, example: (url) => ({ name: 'import-quantcup', args: [file], env: { STRATA_DATABASE_URL: url } }) }
}
