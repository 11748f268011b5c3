import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TradeState } from '../ledger/entities/trade.ts'
import { also, appends, decide, given, refusal, stateOf, type Book, type Command } from './given.ts'
import { MAX_EXECUTIONS } from './execution.ts'
import { commandNamed } from './registry.ts'

const T = 'trade:alice:T-1'
const submit = (data: object = {}): Command => [
  'SubmitTrade',
  T,
  { instrument: 'AAPL', side: 'buy', quantity: '100', price: '10', currency: 'USD', ...data },
]
const amend = (data: object): Command => ['AmendTrade', T, data]
const reduce = (quantity: string): Command => ['ReduceTrade', T, { quantity }]
const execute = (executionId: string, quantity: string, data: object = {}): Command => [
  'RecordExecution',
  T,
  { executionId, quantity, price: '10', ...data },
]
const bust = (executionId: string): Command => ['BustExecution', T, { executionId, reason: 'wrong side' }]
const cancel: Command = ['CancelTrade', T, {}]
const open = given(submit())
const partial = also(open, execute('e1', '30'))
const filled = also(partial, execute('e2', '70'))
const state = (book: Book) => stateOf<TradeState>(book, T)
const numbers = (book: Book) => [state(book).status, state(book).quantity, state(book).executedQuantity, state(book).remainingQuantity]

test('a submitted trade is open, and keeps every field', () => {
  const extra = { strategy: 's', signalId: 'g', broker: 'b', counterparty: 'c', location: 'l', contractId: 'k', clientReference: 'r' }
  assert.deepEqual(state(given(submit({ quantity: '0100.50', ...extra }))), {
    owner: 'alice',
    instrument: 'AAPL',
    side: 'buy',
    quantity: '100.5',
    price: '10',
    currency: 'USD',
    ...extra,
    status: 'open',
    confirmation: 'unmatched',
    executedQuantity: '0',
    remainingQuantity: '100.5',
    commission: '0',
    executions: [],
    held: '0',
  })
  assert.equal('price' in state(given(['SubmitTrade', T, { instrument: 'X', side: 'sell', quantity: '1', currency: 'USD' }])), false)
  assert.deepEqual(decide(new Map(), submit()).lookedUp, [])
})

test('executions add up, and are averaged exactly', () => {
  const book = also(
    open,
    execute('e1', '30', { price: '10.9', commission: '0.5', venue: 'XNAS', latencyMs: 12, expectedPrice: '10.8', market: { bid: '10.8' } }),
  )
  assert.deepEqual(numbers(book), ['partial', '100', '30', '70'])
  const both = also(book, execute('e2', '70', { price: '11', commission: '-0.1' }))
  assert.deepEqual(numbers(both), ['filled', '100', '100', '0'])
  assert.equal(state(both).averagePrice, '10.97')
  assert.equal(state(both).commission, '0.4')
  assert.deepEqual(state(both).executions[0], {
    executionId: 'e1',
    quantity: '30',
    price: '10.9',
    commission: '0.5',
    venue: 'XNAS',
    latencyMs: 12,
    expectedPrice: '10.8',
    market: { bid: '10.8' },
    slippage: '0.1',
  })
  assert.equal(state(also(given(submit({ side: 'sell' })), execute('e', '1', { expectedPrice: '10.8' }))).executions[0]?.slippage, '0.8')
  const third = also(given(submit({ quantity: '3' })), execute('a', '1', { price: '1' }), execute('b', '2', { price: '0' }))
  assert.equal(state(third).averagePrice, '0.333333333333333333')
})

test('what an execution may not be', () => {
  assert.equal(refusal(partial, execute('e1', '1')), 'execution_exists')
  assert.equal(refusal(filled, execute('e1', '30')), 'execution_exists', 'the last one, sent again')
  assert.equal(refusal(also(partial, bust('e1')), execute('e1', '1')), 'execution_exists', 'busted or not')
  assert.equal(refusal(partial, execute('e2', '70.1')), 'quantity_exceeds_remaining')
  assert.equal(refusal(filled, execute('e3', '1')), 'trade_not_open')
  assert.equal(refusal(also(open, cancel), execute('e1', '1')), 'trade_not_open')
  for (const latencyMs of [-1, 1.5, '3'])
    assert.equal(commandNamed('RecordExecution')?.data.safeParse({ executionId: 'e', quantity: '1', price: '1', latencyMs }).success, false)
})

test('too_many_executions: busted ones count', () => {
  const many = also(
    given(submit({ quantity: '2000' })),
    ...Array.from({ length: MAX_EXECUTIONS }, (_, n) => execute(`e${n}`, '1')),
    bust('e0'),
  )
  assert.equal(refusal(many, execute('one-more', '1')), 'too_many_executions')
})

test('out_of_range: sums and differences of 21 digits', () => {
  const nine = '99999999999999999999'
  assert.equal(refusal(also(open, execute('e1', '1', { commission: nine })), execute('e2', '1', { commission: '1' })), 'out_of_range')
  assert.equal(refusal(open, execute('e1', '1', { price: nine, expectedPrice: '-1' })), 'out_of_range')
  const mixed = also(
    open,
    execute('e1', '1', { commission: nine }),
    execute('e2', '1', { commission: '-1' }),
    execute('e3', '1', { commission: '1' }),
  )
  assert.equal(
    refusal(also(mixed, execute('e4', '1', { commission: `-${nine}` }), execute('e5', '1', { commission: `-${nine}` })), bust('e1')),
    'out_of_range',
  )
})

test('a bust takes its execution back, and reopens', () => {
  const book = also(filled, bust('e2'))
  assert.deepEqual(numbers(book), ['partial', '100', '30', '70'])
  assert.equal(state(book).executions[1]?.busted, true)
  assert.equal(refusal(book, bust('e2')), 'execution_already_busted')
  assert.equal(refusal(book, bust('e9')), 'execution_not_found')
  const none = also(book, bust('e1'))
  assert.deepEqual(numbers(none), ['open', '100', '0', '100'])
  assert.equal('averagePrice' in state(none), false)
  const cancelled = also(partial, cancel, bust('e1'))
  assert.deepEqual(numbers(cancelled), ['cancelled', '100', '0', '0'])
})

test('an amend keeps only what is new', () => {
  assert.deepEqual(appends(open, amend({ quantity: '100.0', price: '11', location: 'LON' })), [
    [T, 'TradeAmended', { price: '11', location: 'LON' }],
  ])
  assert.deepEqual(appends(open, amend({ price: '10.00' })), [])
  assert.deepEqual(appends(filled, amend({ price: '10', quantity: '100' })), [])
  assert.equal(
    state(also(given(['SubmitTrade', T, { instrument: 'X', side: 'buy', quantity: '1', currency: 'USD' }]), amend({ price: '-3' }))).price,
    '-3',
  )
  assert.equal(commandNamed('AmendTrade')?.data.safeParse({}).success, false)
  assert.equal(commandNamed('AmendTrade')?.data.safeParse({ location: null }).success, false)
})

test('quantity meets what is executed', () => {
  assert.equal(refusal(partial, amend({ quantity: '29' })), 'quantity_below_executed')
  assert.deepEqual(numbers(also(partial, amend({ quantity: '30' }))), ['filled', '30', '30', '0'])
  assert.deepEqual(numbers(also(filled, amend({ quantity: '101' }))), ['partial', '101', '100', '1'])
  assert.deepEqual(numbers(also(filled, amend({ quantity: '101' }), amend({ quantity: '100' }))), ['filled', '100', '100', '0'])
  assert.equal(refusal(filled, amend({ quantity: '99' })), 'quantity_below_executed')
})

test('trade_not_open: what is over stays as it is, but for counterparty, location and contract', () => {
  const cancelled = also(partial, cancel)
  for (const command of [amend({ quantity: '50' }), amend({ price: '1' }), reduce('1'), cancel])
    assert.equal(refusal(cancelled, command), 'trade_not_open')
  for (const command of [amend({ price: '1' }), amend({ price: '1', location: 'LON' }), reduce('1'), cancel])
    assert.equal(refusal(filled, command), 'trade_not_open')
  for (const book of [filled, cancelled])
    assert.equal(state(also(book, amend({ counterparty: 'ACME', location: 'LON', contractId: 'C' }))).counterparty, 'ACME')
})

test('reduce takes from what remains; all of it cancels', () => {
  assert.deepEqual(numbers(also(partial, reduce('20'))), ['partial', '80', '30', '50'])
  assert.equal(refusal(partial, reduce('70.000000000000000001')), 'quantity_exceeds_remaining')
  assert.deepEqual(appends(partial, reduce('70')), [[T, 'TradeCancelled', { reducedBy: '70' }]])
  assert.deepEqual(numbers(also(partial, reduce('70'))), ['cancelled', '100', '30', '0'])
})

test('cancel keeps quantity and what is executed', () => {
  assert.deepEqual(appends(partial, ['CancelTrade', T, { reason: 'done' }]), [[T, 'TradeCancelled', { reason: 'done' }]])
  assert.deepEqual(numbers(also(partial, cancel)), ['cancelled', '100', '30', '0'])
})
