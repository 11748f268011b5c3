// Promises: an order feed of ten traders, over several partitions, through the projector: the same documents in PostgreSQL, in MongoDB and in memory; what each trader has, what was traded and what
// is live is the same by every view. By default the feed's first rows; STRATA_TEST_LONG=1: all of it, against the reference.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../ledger/json.ts'
import { runExample } from '../example.ts'
import { quantcup, quantcupPart, type QuantcupPart, type QuantcupReference } from '../real/quantcup.ts'
import { sharedMongo } from '../services/shared.ts'
import { counted, followed, type Documents, type Followed } from './followed.ts'

const mongo = await sharedMongo()
const options = { skip: quantcup.missing || mongo.skip, timeout: 600_000 }
const LONG = process.env['STRATA_TEST_LONG'] === '1'

let way: Followed
let part: QuantcupPart
let documents: Documents
before(async () => {
  if (options.skip) return
  way = await followed(mongo.address)
  part = await quantcupPart(way.folder, LONG ? Infinity : 4_000)
})
after(() => way?.[Symbol.asyncDispose]())

test('every document of every view is the same in PostgreSQL, in MongoDB and in memory', options, async (t) => {
  const started = performance.now()
  const { applied, rejected } = await runExample(part.example(way.url))
  assert.equal(applied + rejected, part.rows.length)
  const imported = performance.now()
  await way.drained()
  const drained = performance.now()
  documents = await way.same()
  t.diagnostic(`${applied} rows in ${Math.round(imported - started)} ms, views drained ${Math.round(drained - imported)} ms later`)
  t.diagnostic(`compared in ${Math.round(performance.now() - drained)} ms: ${counted(documents)}`)
})

interface Trade {
  readonly owner: string
  readonly side: 'buy' | 'sell'
  readonly status: string
  readonly remainingQuantity: string
  readonly executions: readonly { readonly quantity: string; readonly price: string }[]
}

interface Position {
  readonly owner: string
  readonly bought: { readonly quantity: string; readonly amount: string }
  readonly sold: { readonly quantity: string; readonly amount: string }
}

interface Risk {
  readonly owner: string
  readonly trades: number
}

const all = <Document>(view: string): readonly Document[] => (documents.get(view) ?? []) as readonly JsonObject[] as readonly Document[]
const total = (numbers: readonly (number | string)[]): number => numbers.reduce<number>((sum, one) => sum + Number(one), 0)
const byOwner = <Document extends { readonly owner: string }>(some: readonly Document[], figure: (of: readonly Document[]) => number) =>
  Object.fromEntries([...Map.groupBy(some, ({ owner }) => owner)].map(([owner, of]) => [owner, figure(of)]))

test('what each trader has, what was traded, and what is live', options, () => {
  const trades = all<Trade>('trades')
  const positions = all<Position>('positions')
  const executed = trades.flatMap(({ owner, side, executions }) => executions.map((execution) => ({ owner, side, ...execution })))
  const live = trades.filter(({ status }) => status === 'open' || status === 'partial')
  const net = byOwner(positions, (of) => total(of.map(({ bought, sold }) => Number(bought.quantity) - Number(sold.quantity))))
  assert.deepEqual(
    net,
    byOwner(executed, (of) => total(of.map(({ side, quantity }) => (side === 'buy' ? Number(quantity) : -Number(quantity))))),
  )
  const risks = byOwner(all<Risk>('portfolio_risk'), (of) => total(of.map((risk) => risk.trades)))
  assert.deepEqual(
    risks,
    byOwner(live, (of) => of.length),
  )

  const bought = positions.map((position) => position.bought)
  const sold = positions.map((position) => position.sold)
  const figures = {
    limit_orders: trades.length,
    traded_size: total(bought.map(({ quantity }) => quantity)),
    notional_price_ticks: total(bought.map(({ amount }) => amount)),
    live_orders_at_end: total(Object.values(risks)),
    live_size_at_end: total(live.map(({ remainingQuantity }) => remainingQuantity)),
    net_position_by_trader: net,
  } satisfies Partial<QuantcupReference>
  assert.equal(figures.limit_orders, part.rows.filter(([, , , price]) => price !== 0).length)
  assert.deepEqual(
    [figures.traded_size, figures.notional_price_ticks],
    [total(sold.map(({ quantity }) => quantity)), total(sold.map(({ amount }) => amount))],
  )
  if (!LONG) return
  const reference = quantcup.json<QuantcupReference & Readonly<Record<string, unknown>>>('reference.json')
  assert.deepEqual(figures, Object.fromEntries(Object.keys(figures).map((name) => [name, reference[name]])))
})
