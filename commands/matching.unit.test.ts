import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TradeState } from '../ledger/entities/trade.ts'
import { also, appends, decide, given, missing, refusal, stateOf, type Book, type Command } from './given.ts'

const BUY = 'trade:bob:B'
const SELL = 'trade:sue:S'
const OTHER = 'trade:tom:O'
const submit = (id: string, side: string, data: object = {}): Command => [
  'SubmitTrade',
  id,
  { instrument: 'XAU', side, quantity: '5', price: '1900', currency: 'USD', ...data },
]
const execute = (id: string): Command => ['RecordExecution', id, { executionId: 'e', quantity: '1', price: '1900' }]
const match = (id: string, otherTradeId: string): Command => ['MatchTrades', id, { otherTradeId }]
const pair = given(submit(BUY, 'buy'), submit(SELL, 'sell'))
const matched = also(pair, match(BUY, SELL))
const confirmed = also(matched, ['ConfirmTrade', BUY])
const settled = also(confirmed, ['SettleTrade', BUY])
const confirmationOf = (book: Book, id: string) => [stateOf<TradeState>(book, id).confirmation, stateOf<TradeState>(book, id).matchedWith]

test('a match names each side to the other', () => {
  assert.deepEqual(appends(pair, match(BUY, SELL)), [
    [BUY, 'TradeMatched', { otherTradeId: SELL }],
    [SELL, 'TradeMatched', { otherTradeId: BUY }],
  ])
  assert.deepEqual(
    [confirmationOf(matched, BUY), confirmationOf(matched, SELL)],
    [
      ['matched', SELL],
      ['matched', BUY],
    ],
  )
  assert.equal(missing(pair, match(BUY, 'trade:sue:none')), 'trade:sue:none')
})

test('terms_differ: each term, the side, the owner, the trade itself', () => {
  for (const terms of [{ instrument: 'XAG' }, { quantity: '6' }, { price: '1901' }, { price: undefined }, { currency: 'EUR' }]) {
    assert.equal(refusal(given(submit(BUY, 'buy'), submit(SELL, 'sell', terms)), match(BUY, SELL)), 'terms_differ')
  }
  assert.equal(refusal(given(submit(BUY, 'buy'), submit(SELL, 'buy')), match(BUY, SELL)), 'terms_differ')
  assert.equal(refusal(given(submit(BUY, 'buy'), submit('trade:bob:S', 'sell')), match(BUY, 'trade:bob:S')), 'terms_differ')
  assert.equal(refusal(pair, match(BUY, BUY)), 'terms_differ')
  assert.equal(
    appends(given(submit(BUY, 'buy', { price: undefined }), submit(SELL, 'sell', { price: undefined })), match(BUY, SELL)).length,
    2,
  )
})

test('already_matched, from either side; a cancelled trade only with executions', () => {
  const three = also(matched, submit(OTHER, 'sell'))
  assert.equal(refusal(three, match(BUY, OTHER)), 'already_matched')
  assert.equal(refusal(also(matched, submit(OTHER, 'buy')), match(OTHER, SELL)), 'already_matched')
  const cancelled = also(pair, ['CancelTrade', SELL])
  assert.equal(refusal(cancelled, match(BUY, SELL)), 'trade_not_open')
  assert.equal(refusal(cancelled, match(SELL, BUY)), 'trade_not_open')
  assert.equal(appends(also(pair, execute(SELL), ['CancelTrade', SELL]), match(SELL, BUY)).length, 2)
})

test('confirm and settle go one step each, each for its own side; a step taken before changes nothing', () => {
  assert.equal(refusal(pair, ['ConfirmTrade', BUY]), 'not_matched')
  assert.equal(refusal(pair, ['SettleTrade', BUY]), 'not_confirmed')
  assert.equal(refusal(matched, ['SettleTrade', BUY]), 'not_confirmed')
  assert.deepEqual(
    [confirmationOf(settled, BUY), confirmationOf(settled, SELL)],
    [
      ['settled', SELL],
      ['matched', BUY],
    ],
  )
  assert.deepEqual(appends(confirmed, ['ConfirmTrade', BUY]), [])
  assert.deepEqual(appends(settled, ['ConfirmTrade', BUY]), [])
  assert.deepEqual(appends(settled, ['SettleTrade', BUY]), [])
  assert.deepEqual(decide(matched, ['ConfirmTrade', BUY]).lookedUp, [])
})

test('break puts both sides back, unless one is settled', () => {
  const reason = 'wrong pair'
  assert.equal(refusal(pair, ['BreakMatch', BUY, { reason }]), 'not_matched')
  assert.deepEqual(appends(confirmed, ['BreakMatch', SELL, { reason }]), [
    [SELL, 'MatchBroken', { otherTradeId: BUY, reason }],
    [BUY, 'MatchBroken', { otherTradeId: SELL, reason }],
  ])
  const broken = also(confirmed, ['BreakMatch', SELL, { reason }])
  assert.deepEqual(
    [confirmationOf(broken, BUY), confirmationOf(broken, SELL)],
    [
      ['unmatched', undefined],
      ['unmatched', undefined],
    ],
  )
  assert.equal('matchedWith' in stateOf(broken, BUY), false)
  assert.equal(refusal(settled, ['BreakMatch', BUY, { reason }]), 'already_settled')
  assert.equal(refusal(settled, ['BreakMatch', SELL, { reason }]), 'already_settled', 'the other side is settled')
})

test('terms, reduce, cancel and bust need an unmatched trade; executions and the rest do not', () => {
  const executed = also(pair, execute(BUY), match(BUY, SELL))
  const done = also(executed, ['ConfirmTrade', BUY], ['SettleTrade', BUY])
  const commands: Command[] = [
    ['AmendTrade', BUY, { quantity: '9' }],
    ['AmendTrade', BUY, { price: '9', location: 'LON' }],
    ['ReduceTrade', BUY, { quantity: '1' }],
    ['CancelTrade', BUY],
    ['BustExecution', BUY, { executionId: 'e', reason: 'r' }],
  ]
  for (const command of commands) {
    assert.equal(refusal(executed, command), 'already_matched')
    assert.equal(refusal(done, command), 'already_settled')
  }
  assert.equal(refusal(done, ['AmendTrade', BUY, { location: 'LON' }]), 'already_settled')
  assert.equal(appends(executed, ['AmendTrade', BUY, { location: 'LON' }]).length, 1)
  assert.equal(appends(executed, ['RecordExecution', BUY, { executionId: 'f', quantity: '1', price: '1' }]).length, 1)
})
