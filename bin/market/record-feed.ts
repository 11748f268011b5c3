// A live source into the ledger, as an import that does not end: what came together is taken together, and is in the ledger before more is taken. While the ledger can not be written to, nothing is
// read. Killed at any moment, the next run goes on from the last bars that are there, and knows again what it sees twice.
import { setTimeout as sleep } from 'node:timers/promises'
import type { BarJudging } from '../../commands/market/bar-series.ts'
import { keepReading } from '../../commands/market/keep-reading.ts'
import { lastStarts } from '../../commands/market/known-bars.ts'
import type { Delivery, MarketAsk, MarketSource } from '../../commands/market/source.ts'
import type { BarInterval } from '../../ledger/entities/bar-period.ts'
import { idPart } from '../../ledger/id-part.ts'
import type { Ledger } from '../../ledger/index.ts'
import { EARLIEST, fromMicros, toMicros } from '../../ledger/instant.ts'
import { barLines, type BarRow } from '../import/bar-lines.ts'
import { importLines, type Reject } from '../import/run.ts'

const DAY_MICROS = 86_400_000_000n
const LEDGER_AGAIN_MS = 1_000

export interface RecordFeed {
  readonly source: MarketSource
  readonly symbols: readonly string[]
  readonly interval: BarInterval
  readonly judging: BarJudging
  readonly actor: string
  /** How far before the newest bar a connection begins, so that corrections which came meanwhile are seen. */
  readonly overlapDays: number
  readonly signal: AbortSignal
  /** A sentence for whoever watches. */
  readonly onNews: (sentence: string) => void
  /** After every delivery that is taken. */
  readonly onTaken?: (counts: FeedCounts) => void
}

export interface FeedCounts {
  /** Bars that came. */
  readonly bars: number
  readonly applied: number
  /** There already, or without effect. */
  readonly replayed: number
  /** Of an earlier revision than what is there. */
  readonly stale: number
  readonly rejected: number
  /** Connections that broke. */
  readonly broken: number
}

/** Ends when the signal is aborted, or where the source ends in peace. Throws SourceRefused. */
export async function recordFeed(ledger: Ledger, feed: RecordFeed): Promise<FeedCounts> {
  const { source, signal, onNews, onTaken } = feed
  let counts: FeedCounts = { bars: 0, applied: 0, replayed: 0, stale: 0, rejected: 0, broken: 0 }
  const onTrouble = (error: Error, inMs: number): void => {
    counts = { ...counts, broken: counts.broken + 1 }
    onNews(`${source.name}: ${error.message}; again in ${inMs} ms`)
  }
  onNews(`reading ${source.name}`)
  for await (const delivery of keepReading(source, { ask: () => askOf(ledger, feed), signal, onTrouble })) {
    const taken = await take(ledger, feed, delivery)
    counts = sum(counts, taken)
    onTaken?.(counts)
  }
  return counts
}

/** From some days before the newest bars on. */
async function askOf({ database, partitions }: Ledger, { symbols, interval, overlapDays }: RecordFeed): Promise<MarketAsk> {
  const last = await lastStarts(database, symbols.map(idPart), interval, partitions)
  const since = symbols.flatMap((symbol) => {
    const start = last.get(idPart(symbol))
    if (start === undefined) return []
    const early = fromMicros(toMicros(start) - BigInt(overlapDays) * DAY_MICROS)
    return [[symbol, early < EARLIEST ? EARLIEST : early] as const]
  })
  return { symbols, interval, since: Object.fromEntries(since) }
}

type Taken = Omit<FeedCounts, 'broken'>

/** Returns when all of it is in the ledger, or was refused: however long the ledger is away. */
async function take(ledger: Ledger, { judging, actor, signal, onNews }: RecordFeed, { bars }: Delivery): Promise<Taken> {
  for (;;) {
    const lines = barLines(ledger, rowsOf(bars), judging, signal)
    const { applied, replayed, rejected, rejects, stopped } = await importLines({ ledger, lines, total: bars.length, envelope: { actor } })
    if (stopped === undefined) {
      const stale = rejects.filter(isStale).length
      for (const { reason } of rejects.filter((reject) => !isStale(reject))) onNews(`refused: ${reason}`)
      return { bars: bars.length, applied, replayed, stale, rejected: rejected - stale }
    }
    onNews(`the ledger: ${stopped}`)
    signal.throwIfAborted()
    await sleep(LEDGER_AGAIN_MS, undefined, { signal })
  }
}

const isStale = ({ reason }: Reject): boolean => reason.startsWith('older_revision:')

async function* rowsOf(bars: Delivery['bars']): AsyncGenerator<BarRow> {
  for (const [n, bar] of bars.entries()) yield { line: n + 1, place: n + 1, bar }
}

const sum = (a: FeedCounts, b: Taken): FeedCounts => ({
  bars: a.bars + b.bars,
  applied: a.applied + b.applied,
  replayed: a.replayed + b.replayed,
  stale: a.stale + b.stale,
  rejected: a.rejected + b.rejected,
  broken: a.broken,
})
