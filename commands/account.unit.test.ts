import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountState } from '../ledger/entities/account.ts'
import { also, appends, decide, given, missing, refusal, stateOf, type Command } from './given.ts'
import { MAX_HOLDS } from './account.ts'
import { commandNamed } from './registry.ts'

const A = 'account:alice:A'
const B = 'account:bob:B'
const WORLD = 'account:alice:world.USD'
const open: Command = ['OpenAccount', A, { currency: 'USD' }]
const openB: Command = ['OpenAccount', B, { currency: 'USD' }]
const deposit = (amount: string): Command => ['Deposit', A, { amount }]
const hundred = given(open, deposit('100'))

const money = (book: Parameters<typeof stateOf>[0], id = A) => {
  const { balance, held, available } = stateOf<AccountState>(book, id)
  return [balance, held, available]
}

test('opening gives an empty account with limit zero, another one, or none', () => {
  assert.deepEqual(stateOf(given(open), A), {
    owner: 'alice',
    currency: 'USD',
    balance: '0',
    held: '0',
    available: '0',
    limit: '0',
    holds: {},
    status: 'open',
  })
  assert.equal(stateOf<AccountState>(given(['OpenAccount', A, { currency: 'USD', limit: '-050.0' }]), A).limit, '-50')
  assert.equal(stateOf<AccountState>(given(['OpenAccount', A, { currency: 'USD', limit: null }]), A).limit, null)
  assert.equal(commandNamed('OpenAccount')?.data.safeParse({ currency: 'USD', limit: '0.1' }).success, false)
})

test('a deposit opens the boundary account once, and has its other side there', () => {
  assert.deepEqual(appends(given(open), ['Deposit', A, { amount: '5', reference: 'wire' }]), [
    [A, 'FundsDeposited', { amount: '5', reference: 'wire', posting: '5' }],
    [WORLD, 'AccountOpened', { owner: 'alice', currency: 'USD', limit: null }],
    [WORLD, 'FundsDeposited', { amount: '5', reference: 'wire', posting: '-5' }],
  ])
  assert.deepEqual(
    hundred.get(WORLD)?.versions.map((version) => version.effectiveAt),
    ['1900-01-01T00:00:00.000000Z', undefined],
  )
  assert.deepEqual(appends(hundred, ['Withdraw', A, { amount: '1' }]), [
    [A, 'FundsWithdrawn', { amount: '1', posting: '-1' }],
    [WORLD, 'FundsWithdrawn', { amount: '1', posting: '1' }],
  ])
  assert.deepEqual(money(hundred, WORLD), ['-100', '0', '-100'])
})

test('money is exact, to 20 digits before the point and 18 after', () => {
  const most = '12345678901234567890.123456789012345678'
  const book = given(open, deposit('0.1'), deposit('0.2'), deposit(most))
  assert.deepEqual(money(book), ['12345678901234567890.423456789012345678', '0', '12345678901234567890.423456789012345678'])
  assert.equal(refusal(book, deposit('99999999999999999999')), 'out_of_range')
})

test('out_of_range: also on the boundary account, and on held money', () => {
  const nine = '99999999999999999999'
  const book = given(['OpenAccount', A, { currency: 'USD', limit: null }], deposit(nine), openB, [
    'TransferFunds',
    A,
    { toAccountId: B, amount: nine },
  ])
  assert.equal(refusal(book, deposit('1')), 'out_of_range', 'the boundary account is at its end')
  const held = also(book, ['HoldFunds', A, { holdId: 'h', amount: nine }])
  assert.equal(refusal(held, ['HoldFunds', A, { holdId: 'i', amount: '1' }]), 'out_of_range')
})

test('insufficient_funds: never less available than the limit', () => {
  assert.equal(refusal(hundred, ['Withdraw', A, { amount: '100.000000000000000001' }]), 'insufficient_funds')
  const limited = given(['OpenAccount', A, { currency: 'USD', limit: '-50' }], ['Withdraw', A, { amount: '50' }])
  assert.equal(refusal(limited, ['Withdraw', A, { amount: '0.000000000000000001' }]), 'insufficient_funds')
  const free = given(['OpenAccount', A, { currency: 'USD', limit: null }], ['Withdraw', A, { amount: '1000000' }])
  assert.deepEqual(money(free), ['-1000000', '0', '-1000000'])
})

test('holds take from what is available, and give it back', () => {
  const book = also(hundred, ['HoldFunds', A, { holdId: 'h', amount: '60' }])
  assert.deepEqual(money(book), ['100', '60', '40'])
  assert.equal(refusal(book, ['Withdraw', A, { amount: '41' }]), 'insufficient_funds')
  assert.equal(refusal(book, ['HoldFunds', A, { holdId: 'h', amount: '1' }]), 'hold_exists')
  assert.equal(refusal(book, ['HoldFunds', A, { holdId: 'i', amount: '41' }]), 'insufficient_funds')
  const free = also(book, ['ReleaseFunds', A, { holdId: 'h' }])
  assert.deepEqual(money(free), ['100', '0', '100'])
  assert.deepEqual(stateOf<AccountState>(free, A).holds, {})
  assert.equal(refusal(free, ['ReleaseFunds', A, { holdId: 'h' }]), 'hold_not_found')
})

test('a hold may be called like a member of every object', () => {
  for (const holdId of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    assert.equal(refusal(hundred, ['ReleaseFunds', A, { holdId }]), 'hold_not_found')
    const held = also(hundred, ['HoldFunds', A, { holdId, amount: '1' }], ['HoldFunds', A, { holdId: 'x', amount: '2' }])
    assert.equal(refusal(held, ['HoldFunds', A, { holdId, amount: '1' }]), 'hold_exists')
    assert.deepEqual(Object.entries(stateOf<AccountState>(held, A).holds), [
      [holdId, '1'],
      ['x', '2'],
    ])
    assert.deepEqual(Object.keys(stateOf<AccountState>(also(held, ['ReleaseFunds', A, { holdId }]), A).holds), ['x'])
  }
})

test('too_many_holds', () => {
  const holds = Array.from({ length: MAX_HOLDS }, (_, n): Command => ['HoldFunds', A, { holdId: `h${n}`, amount: '0.01' }])
  const full = also(hundred, ...holds)
  assert.equal(refusal(full, ['HoldFunds', A, { holdId: 'one-more', amount: '0.01' }]), 'too_many_holds')
})

test('a transfer pays another owner in one unit, without a boundary account', () => {
  const book = also(hundred, openB)
  const transfer: Command = ['TransferFunds', A, { toAccountId: B, amount: '40', reference: 'rent' }]
  assert.deepEqual(appends(book, transfer), [
    [A, 'FundsTransferred', { amount: '40', reference: 'rent', posting: '-40', counterAccountId: B }],
    [B, 'FundsTransferred', { amount: '40', reference: 'rent', posting: '40', counterAccountId: A }],
  ])
  assert.deepEqual(decide(book, transfer).lookedUp, [B])
  assert.equal(missing(hundred, transfer), B)
  assert.equal(refusal(book, ['TransferFunds', A, { toAccountId: A, amount: '1' }]), 'same_account')
  assert.equal(refusal(book, ['TransferFunds', A, { toAccountId: B, amount: '101' }]), 'insufficient_funds')
  const euro = also(hundred, ['OpenAccount', B, { currency: 'EUR' }])
  assert.equal(refusal(euro, transfer), 'currency_mismatch')
  assert.equal(refusal(also(book, ['CloseAccount', B]), transfer), 'account_closed')
  const full = also(book, ['Deposit', B, { amount: '99999999999999999999' }])
  assert.equal(refusal(full, transfer), 'out_of_range')
})

test('a closed account takes nothing any more; only an empty one closes', () => {
  assert.equal(refusal(hundred, ['CloseAccount', A]), 'account_not_empty')
  const zero = given(['OpenAccount', A, { currency: 'USD', limit: '-10' }], ['HoldFunds', A, { holdId: 'h', amount: '1' }])
  assert.equal(refusal(zero, ['CloseAccount', A]), 'account_not_empty')
  const closed = given(open, ['CloseAccount', A])
  for (const command of [
    deposit('1'),
    ['Withdraw', A, { amount: '1' }],
    ['HoldFunds', A, { holdId: 'h', amount: '1' }],
    ['ReleaseFunds', A, { holdId: 'h' }],
    ['CloseAccount', A],
  ] as const) {
    assert.equal(refusal(closed, command as Command), 'account_closed')
  }
})

test('a boundary account takes no commands', () => {
  const book = also(hundred, openB)
  for (const command of [
    ['Deposit', WORLD, { amount: '1' }],
    ['Withdraw', WORLD, { amount: '1' }],
    ['HoldFunds', WORLD, { holdId: 'h', amount: '1' }],
    ['ReleaseFunds', WORLD, { holdId: 'h' }],
    ['CloseAccount', WORLD],
    ['TransferFunds', WORLD, { toAccountId: B, amount: '1' }],
    ['TransferFunds', A, { toAccountId: WORLD, amount: '1' }],
    ['OpenAccount', 'account:bob:world.EUR', { currency: 'EUR' }],
  ] as const) {
    assert.equal(refusal(book, command as Command), 'boundary_account')
  }
  given(['OpenAccount', 'account:bob:world', { currency: 'EUR' }], ['OpenAccount', 'account:bob:world.x', { currency: 'EUR' }])
})

test('effective_before_opening: for movements, not for holds', () => {
  const book = also(hundred, ['OpenAccount', B, { currency: 'USD' }, '2026-02-01T00:00:00.000000Z'])
  const early = '2026-01-01T11:59:59.999999Z'
  assert.equal(refusal(book, ['Deposit', A, { amount: '1' }, early]), 'effective_before_opening')
  assert.equal(refusal(book, ['Withdraw', A, { amount: '1' }, early]), 'effective_before_opening')
  assert.equal(refusal(book, ['TransferFunds', A, { toAccountId: B, amount: '1' }]), 'effective_before_opening')
  assert.equal(appends(book, ['HoldFunds', A, { holdId: 'h', amount: '1' }, early]).length, 1)
})
