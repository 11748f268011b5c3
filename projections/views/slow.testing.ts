// What the views of one owner's trades come to, by a slow look at every trade as it is.
import { Big } from 'big.js'
import type { TradeState } from '../../ledger/entities/trade.ts'
import type { JsonObject } from '../../ledger/json.ts'

const HALF_EVEN = 2
const Exact = Big()
Exact.DP = 18
Exact.RM = HALF_EVEN
const sum = (values: readonly Big[]): Big => values.reduce((total, value) => total.plus(value), new Exact(0))
const text = (value: Big): string => (value.eq(0) ? '0' : value.toFixed())

export function slowRisk(owner: string, states: readonly TradeState[]): Readonly<Record<string, JsonObject>> {
  const open = states.filter(({ status }) => status === 'open' || status === 'partial')
  return Object.fromEntries(
    [...Map.groupBy(open, ({ instrument }) => instrument)].map(([instrument, trades]) => {
      const net = sum(trades.map(({ side, quantity }) => new Exact(side === 'buy' ? quantity : `-${quantity}`)))
      const prices = trades.map(({ averagePrice, price }) => averagePrice ?? price).filter((price) => price !== undefined)
      const entryPrices = sum(prices.map((price) => new Exact(price)))
      return [
        `${owner}:${instrument}`,
        {
          owner,
          instrument,
          netPosition: text(net),
          trades: trades.length,
          ...(prices.length > 0 && {
            averageEntryPrice: text(entryPrices.div(prices.length)),
            exposure: text(net.times(entryPrices).div(prices.length)),
          }),
        },
      ]
    }),
  )
}

export function slowPositions(owner: string, states: readonly TradeState[]): Readonly<Record<string, JsonObject>> {
  const found = states.flatMap((trade) => trade.executions.filter(({ busted }) => !busted).map((execution) => ({ trade, execution })))
  return Object.fromEntries(
    [...Map.groupBy(found, ({ trade }) => `${owner}:${trade.instrument}:USD`)].map(([key, all]) => {
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
          owner,
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
