import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BacktestState } from '../ledger/entities/backtest.ts'
import { MAX_PARAMETERS } from './backtest.ts'
import { also, appends, decide, given, refusal, stateOf, type Command } from './given.ts'

const B = 'backtest:alice:B-1'
const DATA = {
  strategy: 'momentum',
  parameters: { lookbackDays: 20, entry: '0.6' },
  instruments: ['AAPL'],
  from: '2013-02-08T00:00:00Z',
  to: '2018-02-07T00:00:00Z',
  metrics: { sharpe: '1.310' },
  tradeCount: 214,
}
const record = (data: object = {}): Command => ['RecordBacktest', B, { ...DATA, ...data }]
const rerun = (data: object = {}): Command => ['RerunBacktest', B, { metrics: { sharpe: '1.42' }, tradeCount: 96, ...data }]
const recorded = given(record())

test('a backtest is what was said, in canonical form', () =>
  assert.deepEqual(stateOf(recorded, B), {
    owner: 'alice',
    ...DATA,
    from: '2013-02-08T00:00:00.000000Z',
    to: '2018-02-07T00:00:00.000000Z',
    metrics: { sharpe: '1.31' },
    runs: 1,
  }))

test('run again, its parameters are merged and its results replaced', () => {
  const again = stateOf<BacktestState>(also(recorded, rerun({ parameters: { lookbackDays: 50, entry: null }, codeVersion: 'b' })), B)
  assert.deepEqual(again.parameters, { lookbackDays: 50 })
  assert.deepEqual([again.metrics, again.tradeCount, again.runs, again.codeVersion], [{ sharpe: '1.42' }, 96, 2, 'b'])
})

test('the same run again is a version, too', () => assert.equal(appends(also(recorded, rerun()), rerun()).length, 1))

test('it does not end before it begins', () => {
  assert.equal(refusal(new Map(), record({ to: '2013-02-07T00:00:00Z' })), 'period_reversed')
  assert.equal(refusal(recorded, rerun({ from: '2018-02-08T00:00:00Z' })), 'period_reversed')
})

test('it has not too many parameters', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n]))
  assert.equal(refusal(new Map(), record({ parameters: many(MAX_PARAMETERS + 1) })), 'too_many_parameters')
  assert.equal(refusal(given(record({ parameters: many(MAX_PARAMETERS) })), rerun({ parameters: { other: true } })), 'too_many_parameters')
})

test('metrics are decimals, and it is of some instrument', () => {
  assert.throws(() => decide(new Map(), record({ metrics: { sharpe: 1.31 } })))
  assert.throws(() => decide(new Map(), record({ instruments: [] })))
})
