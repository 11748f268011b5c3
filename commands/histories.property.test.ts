// Any history of commands: what the kinds and the deciders promise together. Refused commands are left out; given.ts checks shapes and postings on the way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { add, compare, isNegative, subtract } from '../ledger/decimal.ts'
import type { AccountState } from '../ledger/entities/account.ts'
import { kindNamed } from '../ledger/entities/index.ts'
import type { TradeState } from '../ledger/entities/trade.ts'
import { kindOf, type EntityId } from '../ledger/entity-id.ts'
import type { NewVersion } from './command.ts'
import { also, decide, given, type Book, type Command } from './given.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)
const RUNS = 60
const COMMANDS = 80
console.log(`# SEED=${seed}`)

const accounts = ['account:alice:A', 'account:alice:B', 'account:bob:A'] as const
const trades = ['trade:alice:1', 'trade:alice:2', 'trade:bob:1'] as const
const ticket = 'ticket:alice:1'

const opened = given(
  ['OpenAccount', accounts[0], { currency: 'USD' }],
  ['OpenAccount', accounts[1], { currency: 'USD', limit: null }],
  ['OpenAccount', accounts[2], { currency: 'USD', limit: '-100' }],
  ['Deposit', accounts[0], { amount: '1000' }],
  ['SubmitTrade', trades[0], { instrument: 'X', side: 'buy', quantity: '10', price: '9', currency: 'USD', fundingAccountId: accounts[0] }],
  ['SubmitTrade', trades[1], { instrument: 'X', side: 'sell', quantity: '10', price: '9', currency: 'USD', fundingAccountId: accounts[1] }],
  ['SubmitTrade', trades[2], { instrument: 'X', side: 'sell', quantity: '10', price: '9', currency: 'USD' }],
  ['OpenTicket', ticket, { subject: 's' }],
)

const account = fc.constantFrom(...accounts)
const trade = fc.constantFrom(...trades)
const amount = fc.integer({ min: 1, max: 30_000 }).map((n) => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}1`)
const quantity = fc.integer({ min: 1, max: 40 }).map((n) => String(n / 4))
const price = fc.integer({ min: -2, max: 30 }).map((n) => String(n / 2))
const id = fc.constantFrom('1', '2', '3', '4', 'constructor', '__proto__')
const word = fc.constantFrom('a', 'b', 'constructor')
const of = <T>(name: string, entity: fc.Arbitrary<EntityId>, data: fc.Arbitrary<T>) =>
  fc.tuple(entity, data).map(([entityId, value]): Command => [name, entityId, value as object])
const none = fc.constant({})

const likely: readonly fc.Arbitrary<Command>[] = [
  of('Deposit', account, fc.record({ amount })),
  of('Withdraw', account, fc.record({ amount })),
  of('HoldFunds', account, fc.record({ holdId: id, amount })),
  of('ReleaseFunds', account, fc.record({ holdId: id })),
  of('TransferFunds', account, fc.record({ toAccountId: account, amount })),
  of(
    'RecordExecution',
    trade,
    fc.record({ executionId: id, quantity, price, commission: price }, { requiredKeys: ['executionId', 'quantity', 'price'] }),
  ),
  of('RecordExecution', trade, fc.record({ executionId: id, quantity: fc.constant('0.5'), price })),
  of('BustExecution', trade, fc.record({ executionId: id, reason: word })),
  of('AmendTrade', trade, fc.record({ quantity, price, location: word }, { requiredKeys: ['location'] })),
  of('ReduceTrade', trade, fc.record({ quantity })),
  of(
    'EditTicket',
    fc.constant(ticket),
    fc.record({ status: word, fields: fc.dictionary(word, fc.option(word)), assignee: fc.option(word) }, { requiredKeys: ['status'] }),
  ),
  of('AddNote', fc.constant(ticket), fc.record({ text: word })),
]

const unlikely: readonly fc.Arbitrary<Command>[] = [
  of('CancelTrade', trade, none),
  of('MatchTrades', trade, fc.record({ otherTradeId: trade })),
  of('ConfirmTrade', trade, none),
  of('BreakMatch', trade, fc.record({ reason: word })),
  of('CloseTicket', fc.constant(ticket), none),
  of('ReopenTicket', fc.constant(ticket), none),
]

const command: fc.Arbitrary<Command> = fc.oneof(
  ...likely.map((arbitrary) => ({ weight: 10, arbitrary })),
  ...unlikely.map((arbitrary) => ({ weight: 2, arbitrary })),
)

const history = fc
  .array(command, { minLength: COMMANDS / 2, maxLength: COMMANDS })
  .map((commands) => commands.reduce((book: Book, one) => ('append' in decide(book, one).decision ? also(book, one) : book), opened))

const fold = (entityId: EntityId, versions: readonly NewVersion[]): object => {
  const kind = kindNamed(kindOf(entityId))
  assert.ok(kind)
  const state = versions.reduce<object | undefined>((before, { event, data }) => kind.evolve(before, { event, data }), undefined)
  assert.ok(state)
  return state
}

const sum = (decimals: readonly string[]) => decimals.reduce(add, '0')
const statesOf = <State>(book: Book, kind: string) =>
  [...book.values()].filter((entry) => kindOf(entry.entityId) === kind).map((entry) => entry.state as State)

test('money: the books balance, nothing is below its limit, what is held is what holds and trades hold', () => {
  fc.assert(
    fc.property(history, (book) => {
      const all = statesOf<AccountState>(book, 'account')
      assert.equal(sum(all.map((state) => state.balance)), '0')
      for (const state of all) assert.ok(state.limit === null || compare(subtract(state.balance, state.held), state.limit) >= 0)
      for (const entityId of accounts) {
        const state = book.get(entityId)?.state as AccountState
        const byTrades = statesOf<TradeState>(book, 'trade').filter((one) => one.fundingAccountId === entityId)
        assert.equal(state.held, sum([...Object.values(state.holds), ...byTrades.map((one) => one.held)]))
      }
    }),
    { seed, numRuns: RUNS },
  )
})

test('in the order of versions, events fold to the stored state, also by way of JSON', () => {
  fc.assert(
    fc.property(history, (book) => {
      for (const { entityId, versions, state } of book.values())
        assert.deepEqual(fold(entityId, JSON.parse(JSON.stringify(versions))), state)
    }),
    { seed, numRuns: RUNS },
  )
})

const sorted = (versions: readonly NewVersion[], keys: readonly number[]) => {
  const [first, ...rest] = versions
  assert.ok(first)
  return [
    first,
    ...rest
      .map((version, n) => ({ version, key: keys[n % keys.length] ?? 0 }))
      .sort((a, b) => a.key - b.key)
      .map(({ version }) => version),
  ]
}

function consistent(trade: TradeState): void {
  const live = trade.executions.filter((one) => !one.busted)
  assert.equal(trade.executedQuantity, sum(live.map((one) => one.quantity)))
  assert.equal(trade.commission, sum(live.map((one) => one.commission ?? '0')))
  assert.equal('averagePrice' in trade, live.length > 0)
  assert.equal(isNegative(trade.remainingQuantity), false)
}

test('in any order after version 1: total, accounts come to the same, trades hold together', () => {
  fc.assert(
    fc.property(history, fc.array(fc.nat(), { minLength: 50, maxLength: 50 }), (book, keys) => {
      for (const { entityId, versions, state } of book.values()) {
        const other = fold(entityId, sorted(versions, keys))
        if (kindOf(entityId) === 'account') assert.deepEqual(other, state)
        if (kindOf(entityId) === 'trade') consistent(other as TradeState)
        if (kindOf(entityId) === 'trade') assert.equal('pendingBusts' in other, false, 'every bust has met its execution')
      }
    }),
    { seed, numRuns: RUNS },
  )
})

test('an account has, at any cut of any order, what was posted and held by then', () => {
  fc.assert(
    fc.property(history, fc.array(fc.nat(), { minLength: 50, maxLength: 50 }), fc.nat(), (book, keys, cut) => {
      for (const entityId of accounts) {
        const { versions } = book.get(entityId) ?? assert.fail()
        const some = sorted(versions, keys).slice(0, 1 + (cut % versions.length))
        const state = fold(entityId, some) as AccountState
        const of = (field: string) => sum(some.map(({ data }) => (typeof data[field] === 'string' ? data[field] : '0')))
        assert.equal(state.balance, of('posting'))
        assert.equal(state.held, sum([of('held'), ...Object.values(state.holds)]))
      }
    }),
    { seed, numRuns: RUNS },
  )
})
