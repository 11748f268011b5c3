// The figures that queries make of sums are what a slow look at every execution, trade and ticket comes to.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { add, compare, divide, isNegative, isZero, negate, product, subtract, type Decimal } from '../../ledger/decimal.ts'
import { toMicros } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { executions } from '../analytics/executions.ts'
import { tradeResults } from '../analytics/trade-results.ts'
import type { AnalyticSink } from '../sinks/sink.ts'
import { fillViews } from './contract.testing.ts'
import { deskTickets, deskTrades, recorded } from './desk.testing.ts'
import { descending, desk, grouped, sum, text } from './slow.testing.ts'
import { temporaryTables } from './tables.testing.ts'

const versions = recorded([...deskTrades(150, 3), ...deskTickets(60)])
let sink: AnalyticSink
before(async () => {
  sink = await temporaryTables()
  await fillViews(sink, versions)
})
after(() => sink[Symbol.asyncDispose]())
const { answer, kept } = desk(versions, () => sink)

const standing = (): readonly JsonObject[] => kept(executions).filter((row) => !row['busted'])
const closed = (): readonly JsonObject[] => kept(tradeResults).filter((row) => row['closedAt'] !== undefined)
const decimals = (rows: readonly JsonObject[], name: string): readonly Decimal[] => rows.map((row) => text(row, name))
const largest = (values: readonly Decimal[]): Decimal => values.reduce((a, b) => (compare(a, b) < 0 ? b : a))
const smallest = (values: readonly Decimal[]): Decimal => values.reduce((a, b) => (compare(a, b) < 0 ? a : b))

test('daily_summary: what a day of an instrument was', async () => {
  const all = standing()
    .filter((row) => row['amount'] !== undefined)
    .map((row): JsonObject => ({ ...row, day: text(row, 'executedAt').slice(0, 10) }))
  const expected = grouped(all, 'day', 'instrument', 'currency')
    .map((rows): JsonObject => {
      const inTime = rows.toSorted(descending('executedAt', 'tradeId', 'executionId')).toReversed()
      const [first = {}] = inTime
      const [quantity, notional] = [sum(rows, 'quantity'), sum(rows, 'amount')]
      return {
        day: text(first, 'day'),
        instrument: text(first, 'instrument'),
        currency: text(first, 'currency'),
        trades: new Set(decimals(rows, 'tradeId')).size,
        executions: rows.length,
        quantity,
        notional,
        firstPrice: text(first, 'price'),
        highPrice: largest(decimals(rows, 'price')),
        lowPrice: smallest(decimals(rows, 'price')),
        lastPrice: text(inTime.at(-1) ?? {}, 'price'),
        vwap: divide(notional, quantity),
      }
    })
    .toSorted((a, b) => descending('day')(a, b) || -descending('instrument', 'currency')(a, b))
  assert.ok(expected.some(({ executions: count }) => Number(count) > 3))
  assert.deepEqual((await answer('daily_summary', { limit: '1000' })).data, expected)
  const few = await answer('daily_summary', { limit: '4' })
  assert.deepEqual([few.data, few.hasMore], [expected.slice(0, 4), true])
})

test('execution_quality: by venue, currency and hour', async () => {
  const all = standing().map((row): JsonObject => ({ ...row, hour: Number(text(row, 'executedAt').slice(11, 13)) }))
  const expected = new Map(
    grouped(all, 'venue', 'currency', 'hour').map((rows) => {
      const [{ venue, currency, hour } = {}] = rows
      const slipped = rows.filter((row) => row['slippage'] !== undefined)
      const timed = rows.flatMap(({ latencyMs }) => (typeof latencyMs === 'number' ? [latencyMs] : []))
      return [
        `${String(venue as string)} ${String(currency as string)} ${String(hour as number)}`,
        {
          ...(venue !== undefined && { venue }),
          currency,
          hour,
          executions: rows.length,
          notional: sum(rows, 'amount'),
          ...(slipped.length > 0 && { averageSlippage: divide(sum(slipped, 'slippage'), String(slipped.length)) }),
          slippageCost: sum(slipped, 'slippageCost'),
          ...(slipped.length > 0 && {
            slippageBasisPoints: divide(product(sum(slipped, 'slippageCost'), '10000'), sum(slipped, 'amount')),
          }),
          commission: sum(rows, 'commission'),
          cost: add(sum(slipped, 'slippageCost'), sum(rows, 'commission')),
          ...(timed.length > 0 && {
            averageLatencyMs: divide(String(timed.reduce((a, b) => a + b)), String(timed.length)),
            maxLatencyMs: Math.max(...timed),
          }),
        },
      ]
    }),
  )
  const { data } = await answer('execution_quality', { limit: '1000' })
  assert.equal(data.length, expected.size)
  for (const row of data)
    assert.deepEqual(row, expected.get(`${String(row['venue'] as string)} ${text(row, 'currency')} ${String(row['hour'] as number)}`))
})

/** The largest fall of the sum, in the order in which trades were closed; the sum begins at 0. */
function drawdown(rows: readonly JsonObject[]): Decimal {
  let [equity, peak, most] = ['0', '0', '0']
  for (const row of rows.toSorted(descending('closedAt', 'tradeId')).toReversed()) {
    equity = add(equity, text(row, 'realisedPnl'))
    peak = largest([peak, equity])
    most = largest([most, subtract(peak, equity)])
  }
  return most
}

function sharpe(rows: readonly JsonObject[]): number | undefined {
  const days = grouped(
    rows.map((row): JsonObject => ({ ...row, day: text(row, 'closedAt').slice(0, 10) })),
    'day',
  ).map((own) => Number(sum(own, 'realisedPnl')))
  if (days.length < 2) return undefined
  const mean = days.reduce((a, b) => a + b) / days.length
  const variance = days.reduce((total, day) => total + (day - mean) ** 2, 0) / (days.length - 1)
  return (mean / Math.sqrt(variance)) * Math.sqrt(252)
}

test('performance: by owner, strategy and currency', async () => {
  const { data } = await answer('performance')
  const groups = grouped(closed(), 'owner', 'strategy', 'currency')
  assert.equal(data.length, groups.length)
  let compared = 0
  for (const rows of groups) {
    const [{ owner, strategy, currency } = {}] = rows
    const found = data.find((row) => row['owner'] === owner && row['strategy'] === strategy && row['currency'] === currency)
    const wins = rows.filter((row) => compare(text(row, 'realisedPnl'), '0') > 0)
    const losses = rows.filter((row) => isNegative(text(row, 'realisedPnl')))
    const [profit, loss] = [sum(wins, 'realisedPnl'), sum(losses, 'realisedPnl')]
    const { sharpeRatio, ...rest } = found ?? {}
    assert.deepEqual(rest, {
      owner,
      ...(strategy !== undefined && { strategy }),
      currency,
      trades: rows.length,
      realisedPnl: sum(rows, 'realisedPnl'),
      commission: sum(rows, 'commission'),
      wins: wins.length,
      losses: losses.length,
      winRate: divide(String(wins.length), String(rows.length)),
      grossProfit: profit,
      grossLoss: loss,
      ...(!isZero(loss) && { profitFactor: divide(profit, negate(loss)) }),
      ...(wins.length > 0 && { averageWin: divide(profit, String(wins.length)) }),
      ...(losses.length > 0 && { averageLoss: divide(loss, String(losses.length)) }),
      maxDrawdown: drawdown(rows),
    })
    const expected = sharpe(rows)
    assert.equal(sharpeRatio === undefined, expected === undefined)
    if (expected === undefined) continue
    compared++
    assert.ok(Math.abs(Number(sharpeRatio) - expected) < 1e-9, `${String(sharpeRatio as string)} and not ${expected}`)
  }
  assert.ok(compared > 5)
})

test('performance: a page of groups is of whole groups', async () => {
  const whole = await answer('performance')
  const few = await answer('performance', { limit: '3' })
  assert.deepEqual([few.data, few.hasMore], [whole.data.slice(0, 3), true])
})

test('ticket_flow: the time in each status, open spells up to the newest version', async () => {
  const newest = versions.map(({ recordedAt }) => recordedAt).reduce((a, b) => (a < b ? b : a))
  const spells = [
    ...Map.groupBy(
      versions.filter(({ kind }) => kind === 'ticket'),
      ({ entityId }) => entityId,
    ).values(),
  ].flatMap((own) => {
    const changes = own.filter(({ event }) => event !== 'NoteAdded')
    return changes.map(({ state, effectiveAt }, n) => {
      const next = changes[n + 1]?.effectiveAt
      return {
        status: String(state['status'] as string),
        isOpen: next === undefined,
        micros: toMicros(next ?? newest) - toMicros(effectiveAt),
      }
    })
  })
  const expected = [...Map.groupBy(spells, ({ status }) => status)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([status, own]) => {
      const seconds = (micros: bigint): Decimal => divide(String(micros), '1000000')
      const total = own.reduce((micros, spell) => micros + spell.micros, 0n)
      return {
        status,
        spells: own.length,
        open: own.filter(({ isOpen }) => isOpen).length,
        totalSeconds: seconds(total),
        averageSeconds: divide(seconds(total), String(own.length)),
        longestSeconds: seconds(own.reduce((most, { micros }) => (micros > most ? micros : most), 0n)),
      }
    })
  assert.deepEqual(
    expected.map(({ status }) => status),
    ['closed', 'open', 'waiting', 'working'],
  )
  assert.deepEqual((await answer('ticket_flow')).data, expected)
})

test('versions_as_of: the last version that was recorded by then', async () => {
  const asOf = '2026-01-15T12:00:00.000000Z'
  const known = new Map(versions.filter(({ recordedAt }) => recordedAt <= asOf).map((record) => [record.entityId, record]))
  const expected = [...known.values()]
    .toSorted((a, b) => (a.entityId < b.entityId ? -1 : 1))
    .map(({ entityId, kind, version, event, state, recordedAt, effectiveAt }) => ({
      entityId,
      kind,
      version,
      event,
      state,
      recordedAt,
      effectiveAt,
    }))
  assert.deepEqual((await answer('versions_as_of', { asOf, limit: '1000' })).data, expected)
  assert.deepEqual(
    (await answer('versions_as_of', { asOf, kind: 'ticket', owner: 'bob' })).data,
    expected.filter(({ entityId }) => entityId.startsWith('ticket:bob:')),
  )
})

test('prediction: what signals promised, against what came of them', async () => {
  const signalled = versions.filter(({ event, state }) => event === 'TradeSubmitted' && state['signalId'] !== undefined)
  const results = new Map(kept(tradeResults).map((row) => [text(row, 'tradeId'), row]))
  const outcomes = signalled.map(({ entityId, state }): JsonObject => {
    const result = results.get(entityId)
    const confidence = String((Number(entityId.split('-').at(-1)) % 21) / 20)
    const isClosed = result?.['closedAt'] !== undefined
    return {
      ...(state['strategy'] !== undefined && { strategy: state['strategy'] }),
      band: Math.min(9, Math.floor(Number(confidence) * 10 + 1e-9)),
      ...(result && { currency: text(result, 'currency') }),
      confidence,
      traded: result !== undefined,
      isClosed,
      pnl: isClosed ? text(result, 'realisedPnl') : '0',
    }
  })
  const { data } = await answer('prediction', { limit: '1000' })
  const groups = grouped(outcomes, 'strategy', 'band', 'currency')
  assert.equal(data.length, groups.length)
  for (const rows of groups) {
    const [{ strategy, band, currency } = {}] = rows
    const from = divide(String(band as number), '10')
    const found = data.find((row) => row['strategy'] === strategy && row['confidenceFrom'] === from && row['currency'] === currency)
    const done = rows.filter((row) => row['isClosed'])
    const won = done.filter((row) => compare(text(row, 'pnl'), '0') > 0)
    const over = (value: Decimal): Decimal => divide(value, String(done.length))
    assert.deepEqual(found, {
      ...(strategy !== undefined && { strategy }),
      confidenceFrom: from,
      confidenceTo: divide(String(Number(band) + 1), '10'),
      ...(currency !== undefined && { currency }),
      signals: rows.length,
      traded: rows.filter(({ traded }) => traded).length,
      closed: done.length,
      wins: won.length,
      ...(done.length > 0 && {
        predicted: over(sum(done, 'confidence')),
        actual: over(String(won.length)),
        difference: subtract(over(String(won.length)), over(sum(done, 'confidence'))),
      }),
      realisedPnl: sum(done, 'pnl'),
      ...(done.length > 0 && { averagePnl: over(sum(done, 'pnl')) }),
    })
  }
})
