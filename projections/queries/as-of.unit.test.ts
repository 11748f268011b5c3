// What was known at an instant is what is answered now where nothing that was recorded later ever came; and the figures of pictures are what a slow look at it comes to.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { add, compare, isZero, subtract } from '../../ledger/decimal.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { AnalyticSink } from '../sinks/sink.ts'
import { keptAfter, shownAfter } from '../views/given.testing.ts'
import { positions } from '../views/positions.ts'
import { executions } from '../analytics/executions.ts'
import { answerOf, fillViews } from './contract.testing.ts'
import { deskBars, deskTickets, deskTrades, recorded } from './desk.testing.ts'
import { queries } from './index.ts'
import { temporaryTables } from './tables.testing.ts'

// As a ledger records: later is later.
const versions = recorded(
  [...deskTrades(120, 5), ...deskTickets(30), ...deskBars(25)].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
)
const LAST = versions.length - 1
const INSTANTS = [0.01, 0.2, 0.5, 0.75, 1].map((share) => versions[Math.floor(LAST * share)]?.recordedAt ?? '')

let sink: AnalyticSink
before(async () => {
  sink = await temporaryTables()
  await fillViews(sink, versions)
})
after(() => sink[Symbol.asyncDispose]())

async function answered(of: AnalyticSink, name: string, given: Readonly<Record<string, string>> = {}) {
  const query = queries[name]
  assert.ok(query)
  const answer = await answerOf(of, query, { limit: '1000', ...given })
  return JSON.parse(JSON.stringify(answer.data)) as readonly JsonObject[]
}

const takesAsOf = Object.values(queries).filter(({ name, parameters }) => 'asOf' in parameters.shape && name !== 'versions_as_of')

test('as of an instant: as if nothing had been recorded since', async () => {
  assert.ok(takesAsOf.length >= 5)
  const seen = new Map<string, Set<string>>()
  for (const asOf of INSTANTS) {
    await using then = await temporaryTables()
    await fillViews(
      then,
      versions.filter(({ recordedAt }) => recordedAt <= asOf),
    )
    for (const { name } of takesAsOf)
      for (const given of [
        {},
        { owner: name === 'bars_as_of' ? 'AAPL' : 'alice' },
        ...(name === 'trade_history' ? [{ busted: 'true' }] : []),
      ]) {
        const expected = await answered(then, name, given)
        assert.deepEqual(await answered(sink, name, { ...given, asOf }), expected, `${name} as of ${asOf}`)
        seen.set(name, (seen.get(name) ?? new Set()).add(JSON.stringify(expected)))
      }
  }
  // It tells instants apart, and there was something to undo.
  for (const [name, answers] of seen) assert.ok(answers.size >= INSTANTS.length, name)
  const busts = versions.filter(({ event }) => event === 'ExecutionBusted')
  assert.ok(INSTANTS.slice(0, -1).every((asOf) => busts.some(({ recordedAt }) => recordedAt > asOf)))
})

const byPartition = Map.groupBy(versions, ({ partition }) => partition)
const text = (row: JsonObject, name: string): string => String((row[name] ?? '0') as string)

test('pnl_by_day: each day, cumulated, and below the peak', async () => {
  const booked = [...byPartition.values()].flatMap((own) =>
    keptAfter(
      executions,
      own.filter(({ kind }) => kind === 'trade'),
    ),
  )
  const days = Map.groupBy(booked, (row) => `${text(row, 'currency')} ${text(row, 'executedAt').slice(0, 10)}`)
  const [cumulated, peaks] = [new Map<string, string>(), new Map<string, string>()]
  const expected = [...days.keys()].toSorted().map((key) => {
    const [currency = '', day] = key.split(' ')
    const realisedPnl = (days.get(key) ?? []).reduce((sum, row) => add(sum, text(row, 'realisedPnl')), '0')
    const cumulatedPnl = add(cumulated.get(currency) ?? '0', realisedPnl)
    const peak = peaks.get(currency) ?? '0'
    cumulated.set(currency, cumulatedPnl)
    peaks.set(currency, compare(cumulatedPnl, peak) > 0 ? cumulatedPnl : peak)
    return { currency, day, realisedPnl, cumulatedPnl, drawdown: subtract(peaks.get(currency) ?? '0', cumulatedPnl) }
  })
  assert.ok(expected.length > 20 && expected.some(({ drawdown }) => !isZero(drawdown)))
  assert.deepEqual(await answered(sink, 'pnl_by_day'), expected)
})

test('positions_as_of: as the view shows them, with their cost', async () => {
  const shown = [...byPartition.values()].flatMap((own) =>
    Object.values(
      shownAfter(
        positions,
        own.filter(({ kind }) => kind === 'trade'),
      ),
    ),
  )
  const keyed = (rows: readonly JsonObject[]) =>
    Object.fromEntries(rows.map((row) => [['owner', 'instrument', 'currency'].map((name) => text(row, name)).join(' '), row]))
  const found = await answered(sink, 'positions_as_of')
  assert.deepEqual(keyed(found.map(({ cost: _, ...row }) => row)), keyed(shown))
  for (const row of found) assert.equal(text(row, 'cost').startsWith('-'), text(row, 'netQuantity').startsWith('-'))
})

test('execution_quality without hours: a row a venue', async () => {
  const rows = await answered(sink, 'execution_quality', { hours: 'false' })
  assert.equal(new Set(rows.map((row) => `${text(row, 'venue')} ${text(row, 'currency')}`)).size, rows.length)
  const byHour = await answered(sink, 'execution_quality')
  for (const name of ['notional', 'slippageCost', 'commission'])
    assert.equal(
      rows.reduce((sum, row) => add(sum, text(row, name)), '0'),
      byHour.reduce((sum, row) => add(sum, text(row, name)), '0'),
    )
})

test('recorded_instants: from the first to the newest, each one of a version, evenly', async () => {
  const stops = (await answered(sink, 'recorded_instants')).map((row) => text(row, 'recordedAt'))
  const all = versions.map(({ recordedAt }) => recordedAt)
  assert.deepEqual([stops[0], stops.at(-1)], [all[0], all.at(-1)])
  assert.ok(stops.length > 100 && stops.length <= 200 && stops.every((stop) => all.includes(stop)))
  const between = stops.slice(1).map((stop, n) => all.filter((at) => at > (stops[n] ?? '') && at <= stop).length)
  assert.ok(Math.max(...between) < 12, between.join())
  const few = versions.filter(({ kind, entityId }) => kind === 'ticket' && entityId.startsWith('ticket:bob'))
  assert.deepEqual(
    (await answered(sink, 'recorded_instants', { owner: 'bob', kind: 'ticket' })).map((row) => text(row, 'recordedAt')),
    [...new Set(few.map(({ recordedAt }) => recordedAt))],
  )
  assert.deepEqual(await answered(sink, 'recorded_instants', { owner: 'nobody' }), [])
})
