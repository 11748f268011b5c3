// A small trading desk's versions, the same every time: what the tests of queries ask about.
import { ownerOf } from '../../ledger/entity-id.ts'
import { fromMicros, toMicros, type Instant } from '../../ledger/instant.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { recordedIn, type Happened } from '../views/given.testing.ts'

const PARTITIONS = 4

/** As the ledger would record them, in the order of the feed. */
export const recorded = (events: readonly Happened[]): readonly VersionRecord[] => recordedIn(PARTITIONS, events)

const START = toMicros('2026-01-05T08:00:00.000000Z')
const HOUR_MICROS = 3_600_000_000n
const DAY_ONE = toMicros('2026-01-05T00:00:00.000000Z')

/** Numbers that look like chance, from 0 up to `below`. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Trades of a few owners, executed, taken back and cancelled; every figure that a query shows occurs, ties of time and quantities that do not divide evenly among them. */
export function deskTrades(trades: number, seed = 1): readonly Happened[] {
  const below = chance(seed)
  const pick = <Value>(...values: readonly Value[]): Value => values[below(values.length)] as Value
  const amount = (): string => String((below(90_000) + 1) / pick(1, 10, 1_000))
  const events: Happened[] = []
  for (let n = 0; n < trades; n++) {
    const entityId = `trade:${pick('alice', 'bob', 'carol')}:T-${n}`
    const side = pick('buy', 'sell')
    // Every third one begins at the same instant as the one before it.
    const at = (steps: number): Instant =>
      fromMicros(START + BigInt(n - (n % 3 === 0 ? 1 : 0)) * (HOUR_MICROS * 5n) + BigInt(steps) * HOUR_MICROS)
    const quantities = [amount(), amount(), amount()].slice(0, 1 + below(3))
    const terms = {
      owner: ownerOf(entityId),
      instrument: pick('AAPL', 'MSFT', 'VOD'),
      side,
      quantity: '1000000',
      currency: pick('USD', 'USD', 'GBp'),
      ...(below(4) > 0 && { strategy: pick('momentum', 'mean reversion') }),
      ...(below(3) === 0 && { signalId: `S-${n}` }),
    } as const
    if ('signalId' in terms) events.push(signalOf(n, terms, at(0)))
    events.push({ entityId, event: 'TradeSubmitted', data: terms, at: at(0) })
    quantities.forEach((quantity, e) => {
      const price = String(100 + below(2_000) / 100)
      const data = {
        executionId: `E-${e}`,
        quantity,
        price,
        ...(below(3) > 0 && { commission: String(below(300) / 100) }),
        ...(below(4) > 0 && { venue: pick('XNAS', 'XLON', 'XETR') }),
        ...(below(3) > 0 && { latencyMs: below(5_000) }),
        ...(below(3) > 0 && { expectedPrice: String(100 + below(2_000) / 100) }),
      }
      events.push({ entityId, event: 'ExecutionRecorded', data, at: at(e) })
    })
    if (below(5) === 0) events.push({ entityId, event: 'ExecutionBusted', data: { executionId: 'E-0', reason: 'wrong' }, at: at(3) })
    if (below(6) > 0) events.push({ entityId, event: 'TradeCancelled', at: at(4) })
  }
  return events
}

/** Tickets that go from status to status, some of them closed, some of them back again. */
export function deskTickets(tickets: number, seed = 2): readonly Happened[] {
  const below = chance(seed)
  const pick = <Value>(...values: readonly Value[]): Value => values[below(values.length)] as Value
  return Array.from({ length: tickets }).flatMap((_, n): readonly Happened[] => {
    const entityId = `ticket:${pick('alice', 'bob', 'carol')}:${n}`
    let micros = START + BigInt(n) * HOUR_MICROS
    const at = (): Instant => fromMicros((micros += BigInt(below(7_200_000_000))))
    const opened = { owner: ownerOf(entityId), subject: 'late', ...(below(2) === 0 && { priority: pick('high', 'low') }) }
    const events: Happened[] = [{ entityId, event: 'TicketOpened', data: opened, at: at() }]
    for (let edits = below(4); edits > 0; edits--)
      events.push({ entityId, event: 'TicketEdited', data: { status: pick('working', 'waiting') }, at: at() })
    events.push({ entityId, event: 'NoteAdded', data: { text: 'called' }, at: at() })
    if (below(3) > 0) events.push({ entityId, event: 'TicketClosed', data: {}, at: at() })
    if (below(6) === 0) events.push({ entityId, event: 'TicketReopened', data: {}, at: at() })
    return events
  })
}

/** Daily bars of AAPL, one a day, each of them corrected two days later; what is blank is left out. */
export function deskBars(bars: number): readonly Happened[] {
  return Array.from({ length: bars }).flatMap((_, n): readonly Happened[] => {
    const [start, at, later] = [n, n + 1, n + 3].map((days) => fromMicros(DAY_ONE + BigInt(days) * HOUR_MICROS * 24n)) as [
      Instant,
      Instant,
      Instant,
    ]
    const entityId = `bar:AAPL:${start.slice(0, 10)}`
    const close = String(100 + n)
    const prices = n % 4 === 0 ? {} : { open: close, high: `${close}.5`, low: '99.5' }
    const flags = n % 4 === 0 ? ['blank_open', 'blank_high', 'blank_low'] : []
    return [
      { entityId, event: 'BarRecorded', data: { owner: 'AAPL', interval: 'day', start, close, volume: '10', flags, ...prices }, at },
      { entityId, event: 'BarCorrected', data: { close: `${close}.25` }, at: later },
    ]
  })
}

interface Terms {
  readonly owner: string
  readonly instrument: string
  readonly side: 'buy' | 'sell'
  readonly strategy?: string
}

/** What the nth trade follows. */
const signalOf = (n: number, { owner, instrument, side, strategy }: Terms, at: Instant): Happened => ({
  entityId: `signal:${owner}:S-${n}`,
  event: 'SignalSubmitted',
  data: {
    owner,
    instrument,
    side,
    ...(strategy !== undefined && { strategy }),
    confidence: String((n % 21) / 20),
    indicators: {},
    expiresAt: '2026-12-31T00:00:00.000000Z',
  },
  at,
})
