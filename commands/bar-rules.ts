// What is odd about a bar, rule by rule, given the bar before it. Pure. A spike may well be what happened, so it is a reason to look and never one to refuse.
import type { BarFlag, BarState } from '../ledger/entities/bar.ts'
import { dayOf } from '../ledger/entities/bar-period.ts'
import { add, compare, isZero, product, type Decimal } from '../ledger/decimal.ts'
import { isTradingDay, tradingDaysBetween, type CalendarName } from './exchange-calendar.ts'

/** How a bar is judged; said with every command, and not kept. */
export interface Judging {
  /** Undefined: no calendar is asked, so neither a gap nor a closed day is told. */
  readonly calendar: CalendarName | undefined
  /** The greater of two closes is more than this part above the other: a spike. */
  readonly spikeThreshold: Decimal
}

export interface Anomaly {
  readonly flag: BarFlag
  readonly detail: string
  /** The member that is to blame. */
  readonly pointer: string
}

export interface Judgement {
  readonly anomalies: readonly Anomaly[]
  readonly missingDays: number
}

type Values = Pick<BarState, 'interval' | 'start' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'bid' | 'ask'>
/** The bar before, as far as it matters. */
type Previous = Pick<BarState, 'start' | 'close'>

const MAX_DAYS_NAMED = 5

/** In the order of BAR_FLAGS. */
export function judge(bar: Values, previous: Previous | undefined, judging: Judging): Judgement {
  const missing = missingDays(bar, previous, judging)
  return {
    anomalies: [...ofPrices(bar), ...ofQuotes(bar), ...ofVolume(bar), ...ofDay(bar, missing, judging), ...ofMove(bar, previous, judging)],
    missingDays: missing.length,
  }
}

function ofPrices({ open, high, low, close }: Values): readonly Anomaly[] {
  const blanks: readonly Anomaly[] = [
    ...(open === undefined ? [{ flag: 'blank_open', detail: 'the opening price is blank', pointer: '/open' } as const] : []),
    ...(high === undefined ? [{ flag: 'blank_high', detail: 'the highest price is blank', pointer: '/high' } as const] : []),
    ...(low === undefined ? [{ flag: 'blank_low', detail: 'the lowest price is blank', pointer: '/low' } as const] : []),
  ]
  // A range that is upside down holds nothing: that is said once.
  if (high !== undefined && low !== undefined && compare(high, low) < 0)
    return [...blanks, { flag: 'high_below_low', detail: `the highest price ${high} is below the lowest, ${low}`, pointer: '/high' }]
  const isOutside = (price: Decimal | undefined): boolean =>
    price !== undefined && ((high !== undefined && compare(price, high) > 0) || (low !== undefined && compare(price, low) < 0))
  const range = `${low ?? '…'} to ${high ?? '…'}`
  return [
    ...blanks,
    ...(isOutside(open)
      ? [{ flag: 'open_outside', detail: `the opening price ${open} is not in ${range}`, pointer: '/open' } as const]
      : []),
    ...(isOutside(close)
      ? [{ flag: 'close_outside', detail: `the closing price ${close} is not in ${range}`, pointer: '/close' } as const]
      : []),
  ]
}

const ofQuotes = ({ bid, ask }: Values): readonly Anomaly[] =>
  bid !== undefined && ask !== undefined && compare(ask, bid) < 0
    ? [{ flag: 'ask_below_bid', detail: `the ask ${ask} is below the bid ${bid}`, pointer: '/ask' }]
    : []

const ofVolume = ({ volume }: Values): readonly Anomaly[] =>
  isZero(volume) ? [{ flag: 'zero_volume', detail: 'nothing was traded', pointer: '/volume' }] : []

/** Minutes in which nothing trades have no bar, and after hours a minute's day in UTC may be one on which the exchange is closed: only days are held against the calendar. */
function missingDays({ interval, start }: Values, previous: Previous | undefined, { calendar }: Judging): readonly string[] {
  if (calendar === undefined || previous === undefined || interval !== 'day') return []
  return tradingDaysBetween(calendar, dayOf(previous.start), dayOf(start))
}

function ofDay({ interval, start }: Values, missing: readonly string[], { calendar }: Judging): readonly Anomaly[] {
  const named = missing.slice(0, MAX_DAYS_NAMED).join(', ')
  const more = missing.length > MAX_DAYS_NAMED ? ', …' : ''
  const gap: Anomaly = {
    flag: 'gap',
    detail: `${missing.length} trading days are missing before it: ${named}${more}`,
    pointer: '/previousBarId',
  }
  const isClosed = calendar !== undefined && interval === 'day' && !isTradingDay(calendar, dayOf(start))
  return [
    ...(isClosed ? [{ flag: 'closed_day', detail: `the exchange does not trade on ${dayOf(start)}`, pointer: '/barId' } as const] : []),
    ...(missing.length > 0 ? [gap] : []),
  ]
}

/** As far up as down: from 100 to more than 125, or from more than 125 to 100, at a threshold of 0.25. */
function ofMove({ close }: Values, previous: Previous | undefined, { spikeThreshold }: Judging): readonly Anomaly[] {
  if (previous === undefined) return []
  const [lower, higher] = compare(close, previous.close) < 0 ? [close, previous.close] : [previous.close, close]
  return compare(higher, product(lower, add('1', spikeThreshold))) > 0
    ? [{ flag: 'spike', detail: `the closing price went from ${previous.close} to ${close}`, pointer: '/close' }]
    : []
}
