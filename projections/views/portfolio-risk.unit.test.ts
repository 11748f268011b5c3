import assert from 'node:assert/strict'
import { test } from 'node:test'
import { busted, executed, keptAfter, shownAfter, submitted, versionsOf, type EntityEvent } from './given.testing.ts'
import { portfolioRisk } from './portfolio-risk.ts'

const ONE = 'trade:alice:T-1'
const TWO = 'trade:alice:T-2'
const KEY = 'alice:AAPL'
const risk = (...events: readonly EntityEvent[]) => shownAfter(portfolioRisk, versionsOf(events))[KEY]

test('an open trade is a position at its price', () =>
  assert.deepEqual(risk(submitted(ONE)), {
    owner: 'alice',
    instrument: 'AAPL',
    netPosition: '100',
    trades: 1,
    averageEntryPrice: '10',
    exposure: '1000',
  }))

test('each trade counts the same in the average, whatever its quantity; sales are below zero', () => {
  const found = risk(submitted(ONE), submitted(TWO, { side: 'sell', quantity: '300', price: '11' }))
  assert.deepEqual(found, {
    owner: 'alice',
    instrument: 'AAPL',
    netPosition: '-200',
    trades: 2,
    averageEntryPrice: '10.5',
    exposure: '-2100',
  })
})

test('the entry price is what was paid on average, once something was; a bust brings the price back', () => {
  assert.equal(risk(submitted(ONE), executed(ONE, 'E-1', '10', '9'))?.['averageEntryPrice'], '9')
  assert.equal(risk(submitted(ONE), executed(ONE, 'E-1', '10', '9'), busted(ONE, 'E-1'))?.['averageEntryPrice'], '10')
})

test('a trade at market counts in the position, and has no price until it is executed', () => {
  const { price: _, ...market } = submitted(ONE).data ?? {}
  const atMarket = { ...submitted(ONE), data: market }
  assert.deepEqual(risk(atMarket), { owner: 'alice', instrument: 'AAPL', netPosition: '100', trades: 1 })
  assert.deepEqual(risk(atMarket, submitted(TWO))?.['averageEntryPrice'], '10')
  assert.equal(risk(atMarket, executed(ONE, 'E-1', '10', '9'))?.['exposure'], '900')
})

test('filled or cancelled it is no risk any more, and reopened by a bust it is again', () => {
  assert.equal(risk(submitted(ONE), executed(ONE, 'E-1', '100', '9')), undefined)
  assert.equal(risk(submitted(ONE), { entityId: ONE, event: 'TradeCancelled' }), undefined)
  assert.equal(risk(submitted(ONE), executed(ONE, 'E-1', '100', '9'), busted(ONE, 'E-1'))?.['netPosition'], '100')
  assert.equal(risk(submitted(ONE), submitted(TWO), { entityId: ONE, event: 'TradeCancelled' })?.['netPosition'], '100')
})

test('prices of thirds are summed exactly and divided once', () => {
  const found = risk(...['1', '1', '2'].map((price, n) => submitted(`trade:alice:T-${n}`, { price, quantity: '3' })))
  assert.deepEqual([found?.['averageEntryPrice'], found?.['exposure']], ['1.333333333333333333', '12'])
})

test('an instrument of a thousand characters has a key that an index takes', () => {
  const instrument = '𐍈'.repeat(500)
  const [key = ''] = Object.keys(shownAfter(portfolioRisk, versionsOf([submitted(ONE, { instrument })])))
  const [other = ''] = Object.keys(shownAfter(portfolioRisk, versionsOf([submitted(ONE, { instrument: `${instrument}x` })])))
  assert.ok(Buffer.byteLength(key) < 1_000 && key.isWellFormed())
  assert.notEqual(key, other)
})

test("an owner's exposure is the sum over instruments, exact: what is divided is divided once", () => {
  const trades = (instrument: string, quantity: string) =>
    ['1', '1', '2'].map((price, n) => submitted(`trade:alice:${instrument}-${n}`, { instrument, price, quantity }))
  const versions = versionsOf([
    ...trades('AAPL', '1'),
    ...trades('MSFT', '2'),
    submitted('trade:alice:M-1', { instrument: 'TSLA', price: undefined as never }),
    submitted('trade:alice:S-1', { instrument: 'IBM', side: 'sell', price: '0.5', quantity: '3' }),
  ])
  const kept = keptAfter(portfolioRisk, versions)
  assert.deepEqual(portfolioRisk.total?.of(kept), { instruments: 4, trades: 8, exposure: '10.5' })
  assert.deepEqual(portfolioRisk.total?.of([]), { instruments: 0, trades: 0, exposure: '0' })
})
