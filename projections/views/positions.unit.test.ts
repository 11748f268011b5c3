import assert from 'node:assert/strict'
import { test } from 'node:test'
import { busted, executed, shownAfter, submitted, versionsOf, type EntityEvent } from './given.testing.ts'
import { positions, unrealisedPnl, type Position } from './positions.ts'

const BUY = 'trade:alice:B-1'
const SELL = 'trade:alice:S-1'
const KEY = 'alice:AAPL:USD'
const both = [submitted(BUY), submitted(SELL, { side: 'sell' })]
const position = (...events: readonly EntityEvent[]) => shownAfter(positions, versionsOf([...both, ...events]))[KEY]

test('without executions there is no position', () => assert.equal(position(), undefined))

test('what is bought is held at the average that was paid', () =>
  assert.deepEqual(position(executed(BUY, 'E-1', '60', '10', '0.5'), executed(BUY, 'E-2', '30', '11')), {
    owner: 'alice',
    instrument: 'AAPL',
    currency: 'USD',
    netQuantity: '90',
    averageCost: '10.333333333333333333',
    realisedPnl: '0',
    boughtQuantity: '90',
    boughtAmount: '930',
    soldQuantity: '0',
    soldAmount: '0',
    commission: '0.5',
    executions: 2,
  }))

test('what is bought and sold has earned the difference; the rest keeps its average', () => {
  const found = position(executed(BUY, 'E-1', '60', '10'), executed(SELL, 'E-1', '40', '12'))
  assert.deepEqual([found?.['netQuantity'], found?.['averageCost'], found?.['realisedPnl']], ['20', '10', '80'])
})

test('sold before it is bought: the short side is held at what it was sold for', () => {
  const short = position(executed(SELL, 'E-1', '50', '12'))
  assert.deepEqual([short?.['netQuantity'], short?.['averageCost'], short?.['realisedPnl']], ['-50', '12', '0'])
  const covered = position(executed(SELL, 'E-1', '50', '12'), executed(BUY, 'E-1', '50', '10'))
  assert.deepEqual([covered?.['netQuantity'], covered?.['averageCost'], covered?.['realisedPnl']], ['0', undefined, '100'])
})

test('a bust takes out exactly what its execution put in, whatever came between', () => {
  const third = executed(BUY, 'E-1', '3', '0.333333333333333333', '0.1')
  const other = [executed(BUY, 'E-2', '10', '7'), executed(SELL, 'E-1', '7', '9')]
  assert.deepEqual(position(third, ...other, busted(BUY, 'E-1')), position(...other))
  assert.equal(position(third, busted(BUY, 'E-1')), undefined)
})

test('a bust that comes before its execution, as in an effective order: it never stands', () => {
  assert.equal(position(busted(BUY, 'E-1'), executed(BUY, 'E-1', '3', '5')), undefined)
  assert.deepEqual(
    position(executed(BUY, 'E-2', '1', '5'), busted(BUY, 'E-1'), executed(BUY, 'E-1', '3', '5')),
    position(executed(BUY, 'E-2', '1', '5')),
  )
})

test('a third is divided once, on output: three thirds are a whole', () => {
  const found = position(
    executed(BUY, 'E-1', '3', '1'),
    executed(SELL, 'E-1', '1', '2'),
    executed(SELL, 'E-2', '1', '2'),
    executed(SELL, 'E-3', '1', '2'),
  )
  assert.equal(found?.['realisedPnl'], '3')
  const uneven = position(executed(BUY, 'E-1', '2', '1'), executed(BUY, 'E-2', '1', '2'), executed(SELL, 'E-1', '3', '2'))
  assert.equal(uneven?.['realisedPnl'], '2')
})

test('halves are rounded to even, at 18 decimals', () => {
  const tiny = position(executed(BUY, 'E-1', '1', '0.000000000000000001'), executed(BUY, 'E-2', '1', '0'))
  assert.equal(tiny?.['averageCost'], '0')
  const more = position(executed(BUY, 'E-1', '1', '0.000000000000000003'), executed(BUY, 'E-2', '1', '0'))
  assert.equal(more?.['averageCost'], '0.000000000000000002')
})

test('unrealised, given a mark: long and short', () => {
  const at = (net: 'long' | 'short'): Position => ({
    owner: 'alice',
    instrument: 'AAPL',
    currency: 'USD',
    bought: net === 'long' ? { quantity: '30', amount: '300' } : { quantity: '10', amount: '100' },
    sold: net === 'long' ? { quantity: '10', amount: '120' } : { quantity: '30', amount: '360' },
    commission: '0',
    executions: 2,
  })
  assert.equal(unrealisedPnl(at('long'), '11'), '20')
  assert.equal(unrealisedPnl(at('short'), '11'), '20')
  assert.equal(unrealisedPnl({ ...at('long'), sold: { quantity: '30', amount: '1' } }, '11'), '0')
})

test('a version that is no execution belongs to no position, and another currency to another one', () => {
  const other = 'trade:alice:B-2'
  const found = shownAfter(
    positions,
    versionsOf([...both, submitted(other, { currency: 'EUR' }), executed(BUY, 'E-1', '1', '1'), executed(other, 'E-1', '1', '1')]),
  )
  assert.deepEqual(Object.keys(found), [KEY, 'alice:AAPL:EUR'])
  for (const version of versionsOf(both)) assert.equal(positions.key(version), undefined)
})
