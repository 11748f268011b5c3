// Promises: AAPL's messages through the projector: the same documents in PostgreSQL, in MongoDB and in memory; what they say was executed, for how much and on which side, and what is live, is as
// counted from the messages. By default the first messages; STRATA_TEST_LONG=1: all of them, against the reference.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { add, product, type Decimal } from '../../ledger/decimal.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { executedByOrder, executedInReference, lobster, lobsterFigures, lobsterPart, type LobsterPart } from '../real/lobster.ts'
import { sharedMongo } from '../services/shared.ts'
import { counted, followed, type Documents, type Followed } from './followed.ts'

const mongo = await sharedMongo()
const options = { skip: lobster.missing || mongo.skip, timeout: 600_000 }
const LONG = process.env['STRATA_TEST_LONG'] === '1'
const ALL = 91_997

let way: Followed
let part: LobsterPart
let documents: Documents
before(async () => {
  if (options.skip) return
  way = await followed(mongo.address)
  part = await lobsterPart(way.folder, LONG ? ALL : 6_000)
})
after(() => way?.[Symbol.asyncDispose]())

test('every document of every view is the same in PostgreSQL, in MongoDB and in memory', options, async (t) => {
  const started = performance.now()
  const { rows, applied } = await part.bringIn(way.ledger)
  assert.deepEqual([rows, applied], [part.messages.length, part.messages.length])
  const imported = performance.now()
  await way.drained()
  const drained = performance.now()
  documents = await way.same()
  t.diagnostic(`${rows} messages in ${Math.round(imported - started)} ms, views drained ${Math.round(drained - imported)} ms later`)
  t.diagnostic(`compared in ${Math.round(performance.now() - drained)} ms: ${counted(documents)}`)
})

interface Trade {
  readonly entityId: string
  readonly side: 'buy' | 'sell'
  readonly status: string
  readonly executedQuantity: Decimal
  readonly remainingQuantity: Decimal
  readonly executions: readonly { readonly quantity: Decimal; readonly price: Decimal }[]
}

const isHidden = ({ entityId }: Trade): boolean => entityId.includes(':hidden-')
const all = <Document>(view: string): readonly Document[] => (documents.get(view) ?? []) as readonly JsonObject[] as readonly Document[]
const total = (amounts: readonly Decimal[]): Decimal => amounts.reduce(add, '0')

test('executed shares, notional and live orders, from the documents of trades', options, async () => {
  const trades = all<Trade>('trades')
  const executionsOf = (some: readonly Trade[]) => some.flatMap(({ executions }) => executions)
  const shares = (some: readonly Trade[]): number => Number(total(executionsOf(some).map(({ quantity }) => quantity)))
  const notional = (some: readonly Trade[]): number =>
    Number(product(total(executionsOf(some).map(({ quantity, price }) => product(quantity, price))), '10000'))
  const visible = trades.filter((trade) => !isHidden(trade))
  const hidden = trades.filter(isHidden)
  const live = trades.filter(({ status }) => status === 'open' || status === 'partial')
  const on = (some: readonly Trade[], side: Trade['side']): readonly Trade[] => some.filter((trade) => trade.side === side)
  const figures = lobsterFigures(part.messages)
  assert.deepEqual(
    {
      visible_executions: executionsOf(visible).length,
      visible_executed_shares: shares(visible),
      visible_executed_notional_usd_x10000: notional(visible),
      hidden_executions: executionsOf(hidden).length,
      hidden_executed_shares: shares(hidden),
      hidden_executed_notional_usd_x10000: notional(hidden),
      total_executed_shares: shares(trades),
      total_notional_usd_x10000: notional(trades),
      executed_shares_where_resting_side_buy: shares(on(trades, 'buy')),
      executed_shares_where_resting_side_sell: shares(on(trades, 'sell')),
      orders_still_live_at_end: live.length,
      live_shares_at_end: Number(total(live.map(({ remainingQuantity }) => remainingQuantity))),
      live_buy_orders_at_end: on(live, 'buy').length,
      live_sell_orders_at_end: on(live, 'sell').length,
    },
    figures,
  )
  if (!LONG) return
  const reference = lobster.json<Readonly<Record<string, number>>>('reference.json')
  assert.deepEqual(figures, Object.fromEntries(Object.keys(figures).map((name) => [name, reference[name]])))
})

test('executed shares of every order', options, () => {
  const executed = all<Trade>('trades').filter((trade) => trade.executedQuantity !== '0' && !isHidden(trade))
  const byOrder = new Map(executed.map(({ entityId, executedQuantity }) => [entityId.split(':')[2] ?? '', Number(executedQuantity)]))
  assert.deepEqual(byOrder, LONG ? executedInReference() : executedByOrder(part.messages))
  if (LONG) assert.deepEqual(executedByOrder(part.messages), executedInReference())
})

interface Position {
  readonly instrument: string
  readonly bought: { readonly quantity: Decimal; readonly amount: Decimal }
  readonly sold: { readonly quantity: Decimal; readonly amount: Decimal }
  readonly executions: number
}

test('and from the sums that positions and portfolio_risk keep', options, () => {
  const figures = lobsterFigures(part.messages)
  const [position, ...others] = all<Position>('positions')
  assert.ok(position)
  const { instrument, bought, sold, executions } = position
  assert.deepEqual([others.length, instrument], [0, 'AAPL'])
  assert.deepEqual(
    [Number(bought.quantity), Number(sold.quantity), Number(product(add(bought.amount, sold.amount), '10000')), executions],
    [
      figures.executed_shares_where_resting_side_buy,
      figures.executed_shares_where_resting_side_sell,
      figures.total_notional_usd_x10000,
      figures.visible_executions + figures.hidden_executions,
    ],
  )
  const [risk] = all<{ readonly trades: number }>('portfolio_risk')
  assert.equal(risk?.trades, figures.orders_still_live_at_end)
})
