// Whatever was executed and taken back: what was earned is the cash that has flowed, and how the versions were fed changes nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { add, isNegative, isZero, multiply, negate, subtract, type Decimal } from '../../ledger/decimal.ts'
import type { TradeState } from '../../ledger/entities/trade.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import type { Projection } from '../projection.ts'
import { batchOf, contents, feedInto } from '../sinks/made-up.testing.ts'
import { memorySink } from '../sinks/memory.ts'
import type { Batch } from '../sinks/sink.ts'
import { executed, keptAfter, submitted, versionsOf, type EntityEvent } from '../views/given.testing.ts'
import { histories } from '../views/histories.testing.ts'
import { executions } from './executions.ts'
import { tradeResults } from './trade-results.ts'

const statesAfter = (versions: readonly VersionRecord[]): readonly TradeState[] => [
  ...new Map(versions.map(({ entityId, state }) => [entityId, state as unknown as TradeState])).values(),
]

/** What stands in an instrument: the net quantity, and the cash that came in for it. */
function standing(versions: readonly VersionRecord[], instrument: string): { readonly quantity: Decimal; readonly cash: Decimal } {
  let quantity = '0'
  let cash = '0'
  for (const trade of statesAfter(versions).filter((one) => one.instrument === instrument))
    for (const one of trade.executions.filter(({ busted }) => !busted)) {
      const amount = multiply(one.quantity, one.price)
      quantity = trade.side === 'buy' ? add(quantity, one.quantity) : subtract(quantity, one.quantity)
      cash = trade.side === 'buy' ? subtract(cash, amount) : add(cash, amount)
    }
  return { quantity, cash }
}

/** A trade that makes the position flat. */
function closing(versions: readonly VersionRecord[], instrument: string): readonly EntityEvent[] {
  const { quantity } = standing(versions, instrument)
  if (isZero(quantity)) return []
  const id = `trade:alice:C-${instrument}`
  const size = isNegative(quantity) ? negate(quantity) : quantity
  return [submitted(id, { instrument, side: isNegative(quantity) ? 'buy' : 'sell', quantity: size }), executed(id, 'C', size, '7.77')]
}

const sum = (rows: readonly JsonObject[], name: string): Decimal =>
  rows.reduce((total, row) => add(total, (row[name] ?? '0') as Decimal), '0')

test('when all is flat, what was earned is the cash that has flowed', () =>
  fc.assert(
    fc.property(histories, (events) => {
      const closed = [...events, ...['AAPL', 'MSFT'].flatMap((instrument) => closing(versionsOf(events), instrument))]
      const versions = versionsOf(closed)
      const rows = keptAfter(executions, versions)
      for (const instrument of ['AAPL', 'MSFT']) {
        const own = rows.filter((row) => row['instrument'] === instrument)
        assert.equal(sum(own, 'realisedPnl'), standing(versions, instrument).cash)
      }
    }),
    { numRuns: 300 },
  ))

test('a trade has earned what its executions have', () =>
  fc.assert(
    fc.property(histories, (events) => {
      const versions = versionsOf(events)
      const byTrade = Map.groupBy(keptAfter(executions, versions), (row) => row['tradeId'])
      for (const result of keptAfter(tradeResults, versions))
        for (const name of ['realisedPnl', 'closedQuantity']) assert.equal(result[name], sum(byTrade.get(result['tradeId']) ?? [], name))
    }),
    { numRuns: 300 },
  ))

/** How much of a batch is written before it is fed again from an earlier place. */
const mishap = fc.constantFrom('none', 'documents', 'some documents', 'some memories')
const step = fc.record({ size: fc.integer({ min: 1, max: 25 }), back: fc.nat(30), mishap })

function part(batch: Batch, what: typeof mishap extends fc.Arbitrary<infer One> ? One : never): Batch {
  const nothing: Batch = { documents: new Map(), memories: new Map(), begins: new Map(), places: new Map() }
  const half = <Value>(all: ReadonlyMap<string, Value>) => new Map([...all].slice(0, Math.ceil(all.size / 2)))
  switch (what) {
    case 'documents':
      return { ...nothing, documents: batch.documents }
    case 'some documents':
      return { ...nothing, documents: half(batch.documents) }
    case 'some memories':
      return { ...nothing, documents: batch.documents, memories: half(batch.memories) }
    default:
      return batch
  }
}

for (const projection of [executions, tradeResults])
  test(`${projection.name}: in whatever batches it is fed, and again from anywhere, the same comes of it`, () =>
    fc.assert(
      fc.asyncProperty(histories, fc.array(step, { maxLength: 12 }), async (events, steps) => {
        const versions = versionsOf(events)
        assert.deepEqual(await fed(projection, versions, steps), await fed(projection, versions, []))
      }),
      { numRuns: 200 },
    ))

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

async function fed(projection: Projection, versions: readonly VersionRecord[], steps: readonly Step[]) {
  await using sink = memorySink()
  const view = await sink.open(projection, 'live')
  let from = 0
  for (const { size, back, mishap: what } of steps) {
    const records = versions.slice(from, from + size)
    await view.write(part(await batchOf(view, projection, records), what))
    // After a mishap the runner goes on from the places that were written, or from before them.
    if (what === 'none') from += records.length
    from = Math.max(0, from - back)
  }
  await feedInto(view, projection, versions.slice(from))
  return contents(view)
}
