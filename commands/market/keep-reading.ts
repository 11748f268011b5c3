// A source read for ever: when its connection breaks, it is connected to again, after growing waits with chance in them, from where it was read to. What is handed over was taken before the next is
// asked for, so nothing is lost in between; what comes twice is known by its key.
import { setTimeout as sleep } from 'node:timers/promises'
import { SourceRefused, type Delivery, type MarketAsk, type MarketSource } from './source.ts'

export const FIRST_RECONNECT_MS = 100
export const MAX_RECONNECT_MS = 30_000

export interface KeepReading {
  /** Asked anew for every connection. */
  readonly ask: () => Promise<MarketAsk>
  readonly signal: AbortSignal
  /** Of a connection that broke: it is tried again in so many milliseconds. */
  readonly onTrouble: (error: Error, againInMs: number) => void
}

/** Between half of what it may be at most and all of it, doubled with every connection in a row that has brought nothing. */
export function waitMs(failures: number, chance: () => number): number {
  const most = Math.min(MAX_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** (failures - 1))
  return Math.round(most * (0.5 + chance() / 2))
}

/** Ends when the signal is aborted, or where the source ends in peace. Throws SourceRefused. */
export async function* keepReading(source: MarketSource, { ask, signal, onTrouble }: KeepReading): AsyncGenerator<Delivery> {
  let cursor: string | undefined
  for (let failures = 0; !signal.aborted;) {
    try {
      for await (const delivery of source.read({ ...(await ask()), cursor }, signal)) {
        yield delivery
        cursor = delivery.cursor ?? cursor
        failures = 0
      }
      return
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof SourceRefused || !(error instanceof Error)) throw error
      const inMs = waitMs(++failures, Math.random)
      onTrouble(error, inMs)
      await sleep(inMs, undefined, { signal }).catch(() => {})
    }
  }
}
