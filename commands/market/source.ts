// Where bars come from while they happen. A source is one connection's life: it ends with an error, and whoever reads it connects again (keep-reading.ts). What a message says is its format's
// business, so that a vendor is one small file.
import type { BarInterval } from '../../ledger/entities/bar-period.ts'
import type { Instant } from '../../ledger/instant.ts'
import type { MarketBar, Refusal } from './market-bar.ts'

/** What is asked for. */
export interface MarketAsk {
  readonly symbols: readonly string[]
  readonly interval: BarInterval
  /** By symbol: bars from this start on; none: as far back as the source goes. */
  readonly since: Readonly<Record<string, Instant>>
  /** The source's own word for how far it was read: beats `since`. */
  readonly cursor?: string | undefined
}

/** What came together. */
export interface Delivery {
  readonly bars: readonly (MarketBar | Refusal)[]
  /** To go on from, once these are taken. */
  readonly cursor?: string | undefined
}

export interface MarketSource {
  /** For people; without secrets. */
  readonly name: string
  /** Throws when the connection breaks, or ends. */
  read(ask: MarketAsk, signal: AbortSignal): AsyncIterable<Delivery>
}

/** What a message has in it. */
export interface Told {
  readonly bars: readonly (MarketBar | Refusal)[]
  readonly cursor?: string | undefined
  /** Of a page: there is more to be had at once. */
  readonly hasMore?: boolean
}

export interface MarketFormat {
  /** What is sent first on a WebSocket. */
  readonly subscription: (ask: MarketAsk) => string
  /** Where a page is to be had. */
  readonly pageUrl: (base: URL, ask: MarketAsk) => URL
  /** Pure. Of a message as JSON whose numbers are the text that they were. */
  readonly translate: (message: unknown, ask: MarketAsk) => Told
}

/** It makes no sense to try again: the source does not want this caller, or has no such address. */
export class SourceRefused extends Error {
  override readonly name = 'SourceRefused'
}

/** Answers that stay the same, however often one asks. */
export const isForGood = (status: number): boolean => [400, 401, 403, 404, 405, 410].includes(status)
