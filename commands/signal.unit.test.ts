import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SignalState } from '../ledger/entities/signal.ts'
import { also, appends, decide, given, NOON, refusal, stateOf, type Command } from './given.ts'
import { commandNamed } from './registry.ts'
import { MAX_INDICATORS } from './signal.ts'

const S = 'signal:alice:S-1'
const LATER = '2026-01-06T21:00:00.000000Z'
const DATA = { instrument: 'AAPL', side: 'buy', confidence: '0.720', expiresAt: '2026-01-06T16:00:00-05:00' }
const submit = (data: object = {}): Command => ['SubmitSignal', S, { ...DATA, ...data }]
const open = given(submit())

test('a signal is what was said, in canonical form', () =>
  assert.deepEqual(
    stateOf(given(submit({ indicators: { rsi14: '61.40', trend: 'up' }, expectedMove: '-0.020', strategy: 'momentum' })), S),
    {
      owner: 'alice',
      instrument: 'AAPL',
      side: 'buy',
      confidence: '0.72',
      strategy: 'momentum',
      indicators: { rsi14: '61.4', trend: 'up' },
      expectedMove: '-0.02',
      expiresAt: LATER,
      status: 'open',
    },
  ))

test('a confidence is from 0 to 1, and a signal has an expiry', () => {
  for (const odd of [{ confidence: '1.01' }, { confidence: '-0.1' }, { confidence: 0.5 }, { confidence: 'high' }, { expiresAt: undefined }])
    assert.throws(() => decide(new Map(), submit(odd)), JSON.stringify(odd))
  for (const confidence of ['0', '1']) assert.equal(stateOf<SignalState>(given(submit({ confidence })), S).confidence, confidence)
})

test('indicators have names of any kind but one, and not too many', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`i${n}`, '1']))
  assert.equal(Object.keys(stateOf<SignalState>(given(submit({ indicators: many(MAX_INDICATORS) })), S).indicators).length, MAX_INDICATORS)
  assert.throws(() => decide(new Map(), submit({ indicators: many(MAX_INDICATORS + 1) })))
  assert.throws(() => decide(new Map(), submit({ indicators: JSON.parse('{"__proto__":"1"}') as object })))
})

test('it expires from its expiry on, and not before', () => {
  const expire = commandNamed('ExpireSignal')?.decide(stateOf(open, S), { entityId: S, data: {}, effectiveAt: undefined }, assert.fail)
  assert.deepEqual(expire, { append: [{ entityId: S, event: 'SignalExpired', data: {}, effectiveAt: LATER }] })
  assert.equal(refusal(open, ['ExpireSignal', S, {}, NOON]), 'signal_not_expired')
  assert.equal(stateOf<SignalState>(also(open, ['ExpireSignal', S, {}, LATER]), S).status, 'expired')
})

test('it may be taken back; what is over stays over', () => {
  assert.deepEqual(appends(open, ['CancelSignal', S, { reason: 'wrong feed' }]), [[S, 'SignalCancelled', { reason: 'wrong feed' }]])
  for (const over of [also(open, ['CancelSignal', S]), also(open, ['ExpireSignal', S, {}, LATER])])
    for (const name of ['CancelSignal', 'ExpireSignal']) assert.equal(refusal(over, [name, S, {}, LATER]), 'signal_not_open')
})
