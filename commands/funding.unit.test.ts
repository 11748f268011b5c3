import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountState } from '../ledger/entities/account.ts'
import type { TradeState } from '../ledger/entities/trade.ts'
import { also, appends, decide, given, missing, refusal, stateOf, type Book, type Command } from './given.ts'

const T = 'trade:alice:T-1'
const A = 'account:alice:A'
const WORLD = 'account:alice:world.USD'
const submit = (data: object = {}): Command => [
  'SubmitTrade',
  T,
  { instrument: 'AAPL', side: 'buy', quantity: '100', price: '10', currency: 'USD', fundingAccountId: A, ...data },
]
const execute = (executionId: string, quantity: string, price: string, data: object = {}, at?: string): Command => [
  'RecordExecution',
  T,
  { executionId, quantity, price, ...data },
  at,
]
const bust = (executionId: string): Command => ['BustExecution', T, { executionId, reason: 'test' }]
const account = given(['OpenAccount', A, { currency: 'USD' }])
const funded = also(account, ['Deposit', A, { amount: '1000' }])
const bought = also(funded, submit())
const sold = also(account, submit({ side: 'sell', quantity: '3', price: '7' }))
const money = (book: Book) => {
  const { balance, held, available } = stateOf<AccountState>(book, A)
  return [balance, held, available]
}

test('a buy holds its cost, in the unit of its submission', () => {
  assert.deepEqual(
    appends(funded, submit()).map(([id, event]) => [id, event]),
    [
      [T, 'TradeSubmitted'],
      [A, 'TradeFundsChanged'],
    ],
  )
  assert.deepEqual(appends(funded, submit())[1]?.[2], { tradeId: T, held: '1000' })
  assert.deepEqual(money(bought), ['1000', '1000', '0'])
  assert.equal(stateOf<TradeState>(bought, T).held, '1000')
  assert.deepEqual(decide(funded, submit()).lookedUp, [A])
})

test('what an account is refused for', () => {
  const bob = also(funded, ['OpenAccount', 'account:bob:A', { currency: 'USD' }], ['OpenAccount', 'account:alice:E', { currency: 'EUR' }])
  assert.equal(refusal(funded, submit({ quantity: '101' })), 'insufficient_funds')
  assert.equal(refusal(funded, submit({ price: undefined })), 'price_required')
  assert.equal(refusal(funded, submit({ price: '0' })), 'price_required')
  assert.equal(refusal(funded, submit({ price: '-1' })), 'price_required')
  assert.equal(refusal(bought, ['AmendTrade', T, { price: '-1' }]), 'price_required')
  assert.equal(refusal(bob, submit({ fundingAccountId: 'account:bob:A' })), 'account_not_owned')
  assert.equal(refusal(bob, submit({ fundingAccountId: 'account:alice:E' })), 'currency_mismatch')
  assert.equal(refusal(bob, submit({ fundingAccountId: WORLD })), 'boundary_account')
  assert.equal(missing(bob, submit({ fundingAccountId: 'account:alice:none' })), 'account:alice:none')
  assert.equal(refusal(also(account, ['CloseAccount', A]), submit({ side: 'sell' })), 'account_closed')
  assert.equal(refusal(funded, submit({ quantity: '99999999999', price: '99999999999' })), 'out_of_range')
  assert.deepEqual(money(also(funded, submit({ side: 'sell', price: undefined }))), ['1000', '0', '1000'], 'a sale needs no price')
})

test('an execution pays, and gives back its part of the hold, in one version of the account', () => {
  assert.deepEqual(appends(bought, execute('e1', '40', '9')).slice(1), [
    [A, 'TradeFundsChanged', { tradeId: T, executionId: 'e1', posting: '-360', held: '-400' }],
    [WORLD, 'TradeFundsChanged', { tradeId: T, executionId: 'e1', posting: '360' }],
  ])
  const one = also(bought, execute('e1', '40', '9'))
  assert.deepEqual(money(one), ['640', '600', '40'])
  assert.equal(refusal(one, execute('e2', '60', '10', { commission: '40.01' })), 'insufficient_funds')
  const two = also(one, execute('e2', '10', '10', { commission: '1.5' }))
  assert.deepEqual(money(two), ['538.5', '500', '38.5'])
  assert.deepEqual(money(also(two, bust('e2'))), ['640', '600', '40'])
})

test('amend, reduce and cancel adjust the hold', () => {
  const cheaper = also(bought, ['AmendTrade', T, { price: '5' }])
  assert.deepEqual(money(cheaper), ['1000', '500', '500'])
  assert.deepEqual(money(also(cheaper, ['ReduceTrade', T, { quantity: '40' }])), ['1000', '300', '700'])
  assert.deepEqual(money(also(cheaper, ['ReduceTrade', T, { quantity: '100' }])), ['1000', '0', '1000'])
  assert.deepEqual(money(also(cheaper, ['CancelTrade', T])), ['1000', '0', '1000'])
  assert.equal(refusal(bought, ['AmendTrade', T, { quantity: '101' }]), 'insufficient_funds')
  assert.equal(appends(bought, ['AmendTrade', T, { location: 'LON' }]).length, 1)
  assert.deepEqual(decide(bought, ['AmendTrade', T, { location: 'LON' }]).lookedUp, [])
})

test('a bust takes the hold again at the price of today, if it fits', () => {
  const one = also(bought, execute('e1', '40', '10'), ['CancelTrade', T])
  assert.deepEqual(money(also(one, bust('e1'))), ['1000', '0', '1000'], 'of a cancelled trade only the money')
  const dearer = also(funded, submit({ quantity: '100', price: '5' }), execute('e1', '90', '5'), ['AmendTrade', T, { price: '50' }])
  assert.deepEqual(money(dearer), ['550', '500', '50'])
  assert.equal(refusal(dearer, bust('e1')), 'insufficient_funds')
})

test('a sale holds nothing and is paid, less its commission', () => {
  assert.equal(sold.get(A)?.version, 1)
  assert.deepEqual(appends(sold, execute('e1', '3', '7.5', { commission: '0.25' })).slice(1), [
    [A, 'TradeFundsChanged', { tradeId: T, executionId: 'e1', posting: '22.25' }],
    [WORLD, 'AccountOpened', { owner: 'alice', currency: 'USD', limit: null }],
    [WORLD, 'TradeFundsChanged', { tradeId: T, executionId: 'e1', posting: '-22.25' }],
  ])
  const spent = also(sold, execute('e1', '3', '7.5'), ['Withdraw', A, { amount: '20' }])
  assert.equal(refusal(spent, bust('e1')), 'insufficient_funds')
  assert.equal(refusal(sold, execute('e1', '1', '1', { commission: '2' })), 'insufficient_funds')
})

test('a movement of zero adds no version, and does not look at the account', () => {
  const zero = execute('e1', '1', '2', { commission: '2' })
  assert.equal(appends(sold, zero).length, 1)
  assert.deepEqual(decide(sold, zero).lookedUp, [])
  assert.deepEqual(
    appends(bought, execute('e1', '1', '0')).slice(1),
    [[A, 'TradeFundsChanged', { tradeId: T, executionId: 'e1', held: '-10' }]],
    'only the hold',
  )
  assert.deepEqual(appends(bought, execute('e1', '1', '-2')).slice(1)[0], [
    A,
    'TradeFundsChanged',
    { tradeId: T, executionId: 'e1', posting: '2', held: '-10' },
  ])
})

test('the hold is what remains at its price, rounded: what is given back is the difference of two holds', () => {
  const tiny = '0.000000000000000001'
  const book = also(funded, submit({ quantity: '3', price: '0.5' }))
  const odd = also(funded, submit({ quantity: `0.00000000000000000${3}`, price: '0.5' }))
  assert.deepEqual(money(odd), ['1000', '0.000000000000000002', '999.999999999999999998'])
  assert.deepEqual(money(also(odd, execute('e1', tiny, '0.5'))), ['1000', tiny, '999.999999999999999999'])
  assert.deepEqual(money(also(book, execute('e1', '3', '0.5'))), ['998.5', '0', '998.5'])
})

test('an account that is closed, or not yet there, is refused only when money moves', () => {
  const closed = also(sold, ['CloseAccount', A])
  assert.equal(refusal(closed, execute('e1', '1', '1')), 'account_closed')
  assert.equal(appends(closed, ['CancelTrade', T]).length, 1)
  const early = '2026-01-01T11:00:00.000000Z'
  assert.equal(refusal(bought, execute('e1', '1', '1', {}, early)), 'effective_before_opening')
  assert.equal(appends(bought, execute('e1', '1', '0', {}, early)).length, 2, 'a hold may change at any time')
  assert.equal(refusal(bought, execute('e1', '99', '99999999999999999999')), 'out_of_range')
})
