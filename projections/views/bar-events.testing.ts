// Bars as events, for tests of the views that are made of them; and what those views come to, by a slow look at every bar as it is.
import { Big } from 'big.js'
import type { BarState } from '../../ledger/entities/bar.ts'
import { barPeriod } from '../../ledger/entities/bar-period.ts'
import { localOf, ownerOf } from '../../ledger/entity-id.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { EntityEvent } from './given.testing.ts'

export function recorded(entityId: string, close: string, data: JsonObject = {}): EntityEvent {
  const period = barPeriod(localOf(entityId))
  if (!period) throw new TypeError(`${entityId} is no bar`)
  const { interval, start } = period
  return {
    entityId,
    event: 'BarRecorded',
    data: { owner: ownerOf(entityId), interval, start, high: '100', low: '1', close, volume: '10', flags: [], ...data },
  }
}

export const corrected = (entityId: string, data: JsonObject): EntityEvent => ({ entityId, event: 'BarCorrected', data })

const HALF_EVEN = 2
const Exact = Big()
Exact.DP = 18
Exact.RM = HALF_EVEN
const text = (value: Big): string => (value.eq(0) ? '0' : value.toFixed())
const difference = (a: string, b: string): string => text(new Exact(a).minus(b))

const DAY_MS = 86_400_000
const endOf = ({ interval, start }: BarState): number => Date.parse(start) + (interval === 'day' ? DAY_MS : 60_000)
const at = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}.000000Z`

/** Of the bars of one symbol. */
export function slowMarket(bars: readonly BarState[]): JsonObject {
  const inOrder = bars.toSorted((a, b) => endOf(a) - endOf(b) || (a.interval === 'minute' ? -1 : 1))
  const last = inOrder.at(-1)
  if (!last) throw new TypeError('there is no bar')
  const days = inOrder.filter(({ interval }) => interval === 'day')
  const day = days.at(-1)
  const before = days.findLast(({ start }) => start.slice(0, 10) < last.start.slice(0, 10))
  const flags = bars.flatMap((bar) => bar.flags)
  const averages = [5, 20, 50].flatMap((count) => {
    const some = days.slice(-count)
    if (some.length < count) return []
    const sum = some.reduce((total, { close }) => total.plus(close), new Exact(0))
    return [[`movingAverage${count}`, text(sum.div(count))]]
  })
  return {
    owner: last.owner,
    ...(last.currency !== undefined && { currency: last.currency }),
    lastPrice: last.close,
    lastInterval: last.interval,
    lastAt: at(endOf(last)),
    lastVolume: last.volume,
    ...(before && { previousClose: before.close, change: difference(last.close, before.close) }),
    ...(last.bid !== undefined && last.ask !== undefined && { bid: last.bid, ask: last.ask, spread: difference(last.ask, last.bid) }),
    ...(day && {
      day: day.start.slice(0, 10),
      ...(day.high !== undefined && { dayHigh: day.high }),
      ...(day.low !== undefined && { dayLow: day.low }),
      ...(day.high !== undefined && day.low !== undefined && { dayRange: difference(day.high, day.low) }),
    }),
    ...Object.fromEntries(averages),
    bars: bars.length,
    flagged: bars.filter((bar) => bar.flags.length > 0).length,
    flags: Object.fromEntries([...Map.groupBy(flags, (flag) => flag)].map(([flag, found]) => [flag, found.length])),
  }
}
