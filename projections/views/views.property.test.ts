// Whatever happened to trades, in whatever order: the views are what a slow look at every trade as it is comes to.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Big } from 'big.js'
import type { TradeState } from '../../ledger/entities/trade.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { shownAfter, versionsOf } from './given.testing.ts'
import { histories } from './histories.testing.ts'
import { portfolioRisk } from './portfolio-risk.ts'
import { positions } from './positions.ts'

const latest = (versions: readonly VersionRecord[]): readonly TradeState[] => [
  ...new Map(versions.map(({ entityId, state }) => [entityId, state as unknown as TradeState])).values(),
]
const HALF_EVEN = 2
const Exact = Big()
Exact.DP = 18
Exact.RM = HALF_EVEN
const sum = (values: readonly Big[]): Big => values.reduce((total, value) => total.plus(value), new Exact(0))
const text = (value: Big): string => (value.eq(0) ? '0' : value.toFixed())
const sorted = (found: Readonly<Record<string, JsonObject>>) => Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1))

function slowRisk(states: readonly TradeState[]): Readonly<Record<string, JsonObject>> {
  const open = states.filter(({ status }) => status === 'open' || status === 'partial')
  return Object.fromEntries(
    [...Map.groupBy(open, ({ instrument }) => instrument)].map(([instrument, trades]) => {
      const net = sum(trades.map(({ side, quantity }) => new Exact(side === 'buy' ? quantity : `-${quantity}`)))
      const prices = trades.map(({ averagePrice, price }) => averagePrice ?? price).filter((price) => price !== undefined)
      const average = prices.length === 0 ? undefined : sum(prices.map((price) => new Exact(price))).div(prices.length)
      return [
        `alice:${instrument}`,
        {
          owner: 'alice',
          instrument,
          netPosition: text(net),
          trades: trades.length,
          ...(average && { averageEntryPrice: text(average), exposure: text(net.times(average).round(18, HALF_EVEN)) }),
        },
      ]
    }),
  )
}

function slowPositions(states: readonly TradeState[]): Readonly<Record<string, JsonObject>> {
  const found = states.flatMap((trade) => trade.executions.filter(({ busted }) => !busted).map((execution) => ({ trade, execution })))
  return Object.fromEntries(
    [...Map.groupBy(found, ({ trade }) => `alice:${trade.instrument}:USD`)].map(([key, all]) => {
      const of = (side: string) => all.filter(({ trade }) => trade.side === side).map(({ execution }) => execution)
      const quantity = (side: string) => sum(of(side).map((one) => new Exact(one.quantity)))
      const amount = (side: string) => sum(of(side).map((one) => new Exact(one.quantity).times(one.price)))
      const [bought, sold] = [quantity('buy'), quantity('sell')]
      const closed = bought.lt(sold) ? bought : sold
      const held = bought.eq(sold) ? undefined : bought.gt(sold) ? 'buy' : 'sell'
      // closed x (average sold - average bought), brought to one fraction
      const realised = closed.eq(0)
        ? new Exact(0)
        : amount('sell')
            .times(bought)
            .minus(amount('buy').times(sold))
            .div(bought.gt(sold) ? bought : sold)
      return [
        key,
        {
          owner: 'alice',
          instrument: all[0]?.trade.instrument,
          currency: 'USD',
          netQuantity: text(bought.minus(sold)),
          ...(held && { averageCost: text(amount(held).div(quantity(held))) }),
          realisedPnl: text(realised),
          boughtQuantity: text(bought),
          boughtAmount: text(amount('buy')),
          soldQuantity: text(sold),
          soldAmount: text(amount('sell')),
          commission: text(sum(all.map(({ execution }) => new Exact(execution.commission ?? 0)))),
          executions: all.length,
        },
      ]
    }),
  )
}

test('portfolio_risk', () =>
  fc.assert(
    fc.property(histories, (events) => {
      const versions = versionsOf(events)
      assert.deepEqual(sorted(shownAfter(portfolioRisk, versions)), sorted(slowRisk(latest(versions))))
    }),
    { numRuns: 500 },
  ))

test('positions', () =>
  fc.assert(
    fc.property(histories, (events) => {
      const versions = versionsOf(events)
      assert.deepEqual(sorted(shownAfter(positions, versions)), sorted(slowPositions(latest(versions))))
    }),
    { numRuns: 500 },
  ))
