// The market by symbol: last price, change, the range of the newest day, moving averages of daily closes, quotes, and how much of it is odd. What is kept is bounded: the newest daily closes that the
// longest average needs, the newest bar of each interval, and counts. A correction finds its bar in the window by its start, and takes out of the counts what its bar had put in; one that is older
// than the window changes nothing that is shown, since no bar is ever taken away. So any order of bars comes to the same.
import { z } from 'zod'
import type { BarFlag, BarState } from '../../ledger/entities/bar.ts'
import { dayOf, endOf } from '../../ledger/entities/bar-period.ts'
import { add, divide, subtract, type Decimal } from '../../ledger/decimal.ts'
import { keptInstant } from '../../ledger/instant.ts'
import { defineProjection } from '../projection.ts'
import { sumDecimal } from './sum.ts'

const AVERAGES = [5, 20, 50] as const
/** Daily closes that are kept: those of the longest average, and the one before the newest. */
export const MAX_WINDOW_CLOSES = 50

type Latest = Pick<BarState, 'interval' | 'start' | 'high' | 'low' | 'close' | 'volume' | 'bid' | 'ask' | 'currency'>
interface Close {
  readonly start: string
  readonly close: Decimal
}

interface Market {
  readonly owner: string
  readonly day?: Latest
  readonly minute?: Latest
  /** The newest, ascending. */
  readonly closes: readonly Close[]
  readonly bars: number
  /** Bars with any flag. */
  readonly flagged: number
  readonly flags: Readonly<Partial<Record<BarFlag, number>>>
}

/** What a bar has put into the counts. */
interface Counted {
  readonly flags: readonly BarFlag[]
}

const latestOf = ({ interval, start, high, low, close, volume, bid, ask, currency }: BarState): Latest => ({
  interval,
  start,
  close,
  volume,
  ...(high !== undefined && { high }),
  ...(low !== undefined && { low }),
  ...(bid !== undefined && { bid }),
  ...(ask !== undefined && { ask }),
  ...(currency !== undefined && { currency }),
})

/** With this bar's close in its place: instead of what the bar said before, or between the others. */
function withClose(closes: readonly Close[], { start, close }: BarState): readonly Close[] {
  const at = closes.findLastIndex((one) => one.start <= start)
  const isThere = closes[at]?.start === start
  return closes.toSpliced(isThere ? at : at + 1, isThere ? 1 : 0, { start, close }).slice(-MAX_WINDOW_CLOSES)
}

function counted(flags: Market['flags'], of: readonly BarFlag[], by: 1 | -1): Market['flags'] {
  const counts = new Map(Object.entries(flags) as readonly (readonly [BarFlag, number])[])
  for (const flag of of) counts.set(flag, (counts.get(flag) ?? 0) + by)
  return Object.fromEntries([...counts].filter(([, count]) => count !== 0).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const isFlagged = (flags: readonly BarFlag[]): number => (flags.length > 0 ? 1 : 0)

/** The bar that ended last: a day ends after its minutes. */
function lastOf({ day, minute }: Market): Latest | undefined {
  if (!day || !minute) return day ?? minute
  return endOf('day', day.start) >= endOf('minute', minute.start) ? day : minute
}

const average = (closes: readonly Close[], count: number): Decimal | undefined =>
  closes.length < count
    ? undefined
    : divide(
        closes.slice(-count).reduce((sum, { close }) => add(sum, close), '0'),
        String(count),
      )

const defined = (members: object): object => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

const quotesOf = ({ bid, ask }: Latest): object => (bid === undefined || ask === undefined ? {} : { bid, ask, spread: subtract(ask, bid) })

const rangeOf = ({ high, low }: Latest): object => ({
  dayHigh: high,
  dayLow: low,
  dayRange: high !== undefined && low !== undefined ? subtract(high, low) : undefined,
})

/** Of the newest day before that of the last price. */
const closeBefore = (closes: readonly Close[], { start }: Latest): Decimal | undefined =>
  closes.findLast((one) => dayOf(one.start) < dayOf(start))?.close

function show(market: Market): object {
  const { owner, day, closes, bars, flagged, flags } = market
  const last = lastOf(market)
  if (!last) return { owner, bars, flagged, flags }
  const previousClose = closeBefore(closes, last)
  return defined({
    owner,
    currency: last.currency,
    lastPrice: last.close,
    lastInterval: last.interval,
    lastAt: endOf(last.interval, last.start),
    lastVolume: last.volume,
    previousClose,
    change: previousClose === undefined ? undefined : subtract(last.close, previousClose),
    ...quotesOf(last),
    ...(day && { day: dayOf(day.start), ...rangeOf(day) }),
    ...Object.fromEntries(AVERAGES.map((count) => [`movingAverage${count}`, average(closes, count)])),
    bars,
    flagged,
    flags,
  })
}

const NOTHING = { closes: [], bars: 0, flagged: 0, flags: {} }

export const market = defineProjection<'bar', Market, Counted>({
  name: 'market',
  version: 1,
  summary: 'Last price, change, range, moving averages of daily closes and quotes, by symbol',
  kinds: ['bar'],
  key: ({ state: { owner } }) => owner,
  remember: ({ state: { flags } }) => ({ flags }),
  apply(document, { state }, before) {
    const known: Market = document ?? { owner: state.owner, ...NOTHING }
    const { interval, start, flags } = state
    const newest = known[interval]
    const isNewest = newest === undefined || start >= newest.start
    return {
      ...known,
      ...(isNewest && { [interval]: latestOf(state) }),
      closes: interval === 'day' ? withClose(known.closes, state) : known.closes,
      bars: known.bars + (before ? 0 : 1),
      flagged: known.flagged + isFlagged(flags) - isFlagged(before?.flags ?? []),
      flags: counted(counted(known.flags, before?.flags ?? [], -1), flags, 1),
    }
  },
  show,
  shown: z.object({
    owner: z.string(),
    currency: z.string().optional(),
    lastPrice: sumDecimal.optional(),
    lastInterval: z.enum(['day', 'minute']).optional(),
    /** When its bar ended. */
    lastAt: keptInstant.optional(),
    lastVolume: sumDecimal.optional(),
    previousClose: sumDecimal.optional(),
    change: sumDecimal.optional(),
    bid: sumDecimal.optional(),
    ask: sumDecimal.optional(),
    spread: sumDecimal.optional(),
    day: z.string().optional(),
    dayHigh: sumDecimal.optional(),
    dayLow: sumDecimal.optional(),
    dayRange: sumDecimal.optional(),
    movingAverage5: sumDecimal.optional(),
    movingAverage20: sumDecimal.optional(),
    movingAverage50: sumDecimal.optional(),
    bars: z.int(),
    flagged: z.int(),
    flags: z.record(z.string(), z.int()),
  }),
  filters: ['owner'],
  spreadBy: { member: 'owner', of: (key) => key },
})
