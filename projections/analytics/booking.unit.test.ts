import assert from 'node:assert/strict'
import { test } from 'node:test'
import { busted, executed, keptAfter, submitted, versionsOf, type EntityEvent } from '../views/given.testing.ts'
import { executions } from './executions.ts'
import { tradeResults } from './trade-results.ts'

const BUY = 'trade:alice:B-1'
const SELL = 'trade:alice:S-1'
const both = [submitted(BUY, { quantity: '1000' }), submitted(SELL, { quantity: '1000', side: 'sell' })]

/** By execution: what it closed, earned, and added to the cost. */
const earned = (...events: readonly EntityEvent[]) =>
  Object.fromEntries(
    keptAfter(executions, versionsOf([...both, ...events])).map((row) => [
      row['executionId'] as string,
      [row['closedQuantity'], row['realisedPnl'], row['costChange']],
    ]),
  )
/** By trade: what it closed and earned. */
const results = (...events: readonly EntityEvent[]) =>
  Object.fromEntries(
    keptAfter(tradeResults, versionsOf([...both, ...events])).map((row) => [
      row['tradeId'] as string,
      [row['closedQuantity'], row['realisedPnl'], row['closedAt'] !== undefined],
    ]),
  )

test('what opens a position earns nothing; what closes it, the difference to the average cost', () => {
  const events = [executed(BUY, 'B-1', '10', '10'), executed(BUY, 'B-2', '30', '12'), executed(SELL, 'S-1', '20', '13')]
  assert.deepEqual(earned(...events), {
    'B-1': ['0', '0', '100'],
    'B-2': ['0', '0', '360'],
    'S-1': ['20', '30', '-230'],
  })
  assert.deepEqual(results(...events), { [BUY]: ['0', '0', false], [SELL]: ['20', '30', false] })
})

test('sold short first: the same, the other way round', () =>
  assert.deepEqual(earned(executed(SELL, 'S-1', '10', '10'), executed(BUY, 'B-1', '4', '7.5')), {
    'S-1': ['0', '0', '-100'],
    'B-1': ['4', '10', '40'],
  }))

test('what crosses zero closes all, and opens the other side at its own price', () =>
  assert.deepEqual(earned(executed(BUY, 'B-1', '10', '10'), executed(SELL, 'S-1', '15', '12'), executed(BUY, 'B-2', '5', '11')), {
    'B-1': ['0', '0', '100'],
    'S-1': ['10', '20', '-160'],
    'B-2': ['5', '5', '60'],
  }))

test('what rounding leaves in the cost goes with the last of the quantity', () =>
  assert.deepEqual(
    earned(
      executed(BUY, 'B-1', '1', '0.000000000000000001'),
      executed(BUY, 'B-2', '2', '0'),
      executed(SELL, 'S-1', '1', '0'),
      executed(SELL, 'S-2', '2', '0'),
    ),
    {
      'B-1': ['0', '0', '0.000000000000000001'],
      'B-2': ['0', '0', '0'],
      'S-1': ['1', '0', '0'],
      'S-2': ['2', '-0.000000000000000001', '-0.000000000000000001'],
    },
  ))

test('a bust takes back what its execution booked; nothing else is booked anew', () => {
  const events = [executed(BUY, 'B-1', '10', '10'), executed(BUY, 'B-2', '10', '20'), executed(SELL, 'S-1', '10', '16')]
  assert.deepEqual(earned(...events, busted(SELL, 'S-1'), executed(SELL, 'S-2', '20', '16')), {
    'B-1': ['0', '0', '100'],
    'B-2': ['0', '0', '200'],
    'S-1': ['0', '0', '-150'],
    'S-2': ['20', '20', '-300'],
  })
})

test('a bust that makes the position flat realises what is left of its cost', () => {
  const events = [executed(BUY, 'B-1', '10', '1'), executed(BUY, 'B-2', '10', '3'), executed(SELL, 'S-1', '10', '2'), busted(BUY, 'B-2')]
  assert.deepEqual(earned(...events), { 'B-1': ['0', '0', '10'], 'B-2': ['0', '10', '30'], 'S-1': ['10', '0', '-20'] })
  assert.deepEqual(results(...events), { [BUY]: ['0', '10', false], [SELL]: ['10', '0', false] })
})

test('a bust that comes before its execution, as in an effective order: it is never booked', () =>
  assert.deepEqual(earned(busted(BUY, 'B-1'), executed(BUY, 'B-1', '1', '5'), executed(SELL, 'S-1', '1', '5')), {
    'B-1': [undefined, undefined, undefined],
    'S-1': ['0', '0', '-5'],
  }))

test('amounts that no sum could hold are not booked, and change no position', () => {
  const huge = '99999999999999999999'
  const wide = [submitted(BUY, { quantity: huge }), submitted(SELL, { quantity: huge, side: 'sell' })]
  const rows = keptAfter(
    executions,
    versionsOf([...wide, executed(BUY, 'B-1', huge, huge), executed(BUY, 'B-2', '1', '1'), executed(SELL, 'S-1', '1', '2')]),
  )
  assert.deepEqual(
    rows.map((row) => [row['amount'], row['realisedPnl']]),
    [
      [undefined, undefined],
      ['1', '0'],
      ['2', '1'],
    ],
  )
})

test('a trade is closed once it is filled or cancelled, if it has closed something; a bust may open it again', () => {
  const terms = [submitted(BUY, { quantity: '10' }), submitted(SELL, { quantity: '10', side: 'sell' })]
  const closed = (...events: readonly EntityEvent[]) =>
    keptAfter(tradeResults, versionsOf([...terms, ...events])).map((row) => [row['status'], row['closedAt'] !== undefined])
  const bought = executed(BUY, 'B-1', '10', '1')
  assert.deepEqual(closed(bought, executed(SELL, 'S-1', '4', '2')), [
    ['filled', false],
    ['partial', false],
  ])
  assert.deepEqual(closed(bought, executed(SELL, 'S-1', '4', '2'), { entityId: SELL, event: 'TradeCancelled' })[1], ['cancelled', true])
  assert.deepEqual(closed(bought, executed(SELL, 'S-1', '10', '2'))[1], ['filled', true])
  assert.deepEqual(closed(bought, executed(SELL, 'S-1', '10', '2'), busted(SELL, 'S-1'))[1], ['open', false])
})
