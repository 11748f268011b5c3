// Promises: a broker's FIX log through the projector: the same documents in PostgreSQL, in MongoDB and in memory; every order filled as it was counted, the one that was busted too.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { importFix } from '../../bin/import/fix-file.ts'
import { add, canonicalDecimal, type Decimal } from '../../ledger/decimal.ts'
import { sharedData } from '../shared-data.ts'
import { sharedMongo } from '../services/shared.ts'
import { counted, followed, type Documents, type Followed } from './followed.ts'

const data = sharedData('fix-ireach')
const mongo = await sharedMongo()
const options = { skip: data.missing || mongo.skip, timeout: 120_000 }

interface Order {
  readonly order_id: string
  readonly symbol: string
  readonly side: string
  readonly filled_qty: string
  /** Quantity times price of the fills, summed. */
  readonly notional: string
}

let way: Followed
let documents: Documents
before(async () => {
  if (!options.skip) way = await followed(mongo.address)
})
after(() => way?.[Symbol.asyncDispose]())

test('every document of every view is the same in PostgreSQL, in MongoDB and in memory', options, async (t) => {
  const started = performance.now()
  const { rows, rejected } = await importFix(way.ledger, data.path('ireach.log'))
  assert.deepEqual([rows, rejected], [330, 0])
  await way.drained()
  documents = await way.same()
  t.diagnostic(`${rows} messages in ${Math.round(performance.now() - started)} ms: ${counted(documents)}`)
})

test('filled quantities, by order and by what positions sum up', options, () => {
  const reference = data.json<{ readonly per_order: readonly Order[]; readonly total_filled_qty: string }>('reference.json')
  const executed = (documents.get('trades') ?? []).map(({ contractId, executedQuantity }) => [contractId, executedQuantity])
  assert.deepEqual(
    executed.map(String).sort(),
    reference.per_order.map(({ order_id: id, filled_qty: filled }) => String([id, canonicalDecimal(filled)])).sort(),
  )

  const filled = reference.per_order.map(({ symbol, side, filled_qty: quantity, notional: amount }) => ({
    of: `${symbol} ${side === '1' ? 'bought' : 'sold'}`,
    quantity: canonicalDecimal(quantity),
    amount: canonicalDecimal(amount),
  }))
  const positions = (documents.get('positions') ?? []).flatMap(({ instrument, bought, sold }) => [
    { of: `${instrument as string} bought`, ...(bought as unknown as Amounts) },
    { of: `${instrument as string} sold`, ...(sold as unknown as Amounts) },
  ])
  assert.equal(filled.map(({ quantity }) => quantity).reduce(add), canonicalDecimal(reference.total_filled_qty))
  assert.deepEqual(summed(positions), summed(filled))
})

interface Amounts {
  readonly quantity: Decimal
  readonly amount: Decimal
}

function summed(some: readonly (Amounts & { readonly of: string })[]): ReadonlyMap<string, Amounts> {
  const sums = new Map<string, Amounts>()
  for (const { of, quantity, amount } of some) {
    const before = sums.get(of) ?? { quantity: '0', amount: '0' }
    if (quantity !== '0') sums.set(of, { quantity: add(before.quantity, quantity), amount: add(before.amount, amount) })
  }
  return sums
}
