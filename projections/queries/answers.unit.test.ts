// What queries answer is what a slow look at the documents of the views comes to.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { InvalidRequest } from '../../ledger/failure.ts'
import { divide, isZero } from '../../ledger/decimal.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { executions } from '../analytics/executions.ts'
import { tradeResults } from '../analytics/trade-results.ts'
import { viewTotal } from '../serving/view-total.ts'
import type { AnalyticSink } from '../sinks/sink.ts'
import { shownAfter } from '../views/given.testing.ts'
import { portfolioRisk } from '../views/portfolio-risk.ts'
import { positions } from '../views/positions.ts'
import { fillViews } from './contract.testing.ts'
import { deskTrades, recorded } from './desk.testing.ts'
import { descending, desk, sum, text } from './slow.testing.ts'
import { temporaryTables } from './tables.testing.ts'

const versions = recorded(deskTrades(150, 7))
let sink: AnalyticSink
before(async () => {
  sink = await temporaryTables()
  await fillViews(sink, versions)
})
after(() => sink[Symbol.asyncDispose]())

const { answer, kept, byPartition } = desk(versions, () => sink)

test('trade_history: executions that stand, the newest first', async () => {
  const all = kept(executions).toSorted(descending('executedAt', 'tradeId', 'executionId'))
  const shown = ({ tradeId, executionId, realisedPnl, commission, executedAt }: JsonObject) => [
    tradeId,
    executionId,
    realisedPnl,
    commission,
    executedAt,
  ]
  const standing = all.filter((row) => !row['busted'])
  assert.ok(standing.length > 110 && standing.length < all.length)
  const first = await answer('trade_history')
  assert.deepEqual([first.data.map(shown), first.hasMore], [standing.slice(0, 100).map(shown), true])
  const whole = await answer('trade_history', { limit: '1000', busted: 'true' })
  assert.deepEqual([whole.data.map(shown), whole.hasMore], [all.map(shown), false])
  const alice = standing.filter((row) => row['owner'] === 'alice' && row['instrument'] === 'VOD')
  assert.deepEqual((await answer('trade_history', { owner: 'alice', instrument: 'VOD' })).data.map(shown), alice.map(shown))
  const [from, to] = [text(standing[40] ?? {}, 'executedAt'), text(standing[20] ?? {}, 'executedAt')]
  const between = standing.filter((row) => text(row, 'executedAt') >= from && text(row, 'executedAt') < to)
  assert.deepEqual((await answer('trade_history', { from, to })).data.map(shown), between.map(shown))
})

test('average_pnl: over closed trades only', async () => {
  const closed = kept(tradeResults).filter((row) => row['closedAt'] !== undefined)
  const expected = [...Map.groupBy(closed, (row) => `${text(row, 'instrument')} ${text(row, 'currency')}`)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, rows]) => {
      const [instrument, currency] = key.split(' ')
      const realisedPnl = sum(rows, 'realisedPnl')
      return { instrument, currency, trades: rows.length, realisedPnl, averagePnl: divide(realisedPnl, String(rows.length)) }
    })
  assert.ok(expected.length > 3 && expected.some(({ averagePnl }) => averagePnl.length > 15))
  assert.deepEqual((await answer('average_pnl')).data, expected)
  assert.ok(closed.every((row) => !isZero(text(row, 'closedQuantity'))))
})

test('portfolio_risk and positions: as the views show them', async () => {
  for (const [view, names] of [
    [portfolioRisk, ['owner', 'instrument']],
    [positions, ['owner', 'instrument', 'currency']],
  ] as const) {
    const all = [...byPartition.values()]
      .flatMap((own) => Object.values(shownAfter(view, own)))
      .toSorted(descending(...names))
      .toReversed()
    assert.ok(all.length > 5)
    assert.deepEqual((await answer(view.name)).data, all)
    assert.deepEqual(
      (await answer(view.name, { owner: 'bob' })).data,
      all.filter((row) => row['owner'] === 'bob'),
    )
  }
})

test('portfolio_risk: the total is over all that an owner has, whatever is shown', async () => {
  const live = await sink.open(portfolioRisk, 'live')
  const total = await viewTotal(live, portfolioRisk, { filters: { owner: 'bob' } })
  const { data, hasMore, total: found } = await answer('portfolio_risk', { owner: 'bob', limit: '1' })
  assert.deepEqual([data.length, hasMore, found], [1, true, total])
  assert.ok(!('total' in (await answer('portfolio_risk'))))
})

test('what is not a parameter, or not a value of one, is refused', async () => {
  for (const given of [
    { ower: 'alice' },
    { limit: '0' },
    { limit: '1001' },
    { from: 'yesterday' },
    { tradeId: 'ticket:alice:1' },
    { busted: 'x' },
  ])
    await assert.rejects(answer('trade_history', given), InvalidRequest, JSON.stringify(given))
})
