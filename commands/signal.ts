// The commands on signals, and when they are refused.
import { z } from 'zod'
import type { SignalState } from '../ledger/entities/signal.ts'
import { compare, decimalSchema, isDecimal } from '../ledger/decimal.ts'
import { ownerOf, type EntityId } from '../ledger/entity-id.ts'
import { instantSchema } from '../ledger/instant.ts'
import { textSchema } from '../ledger/text.ts'
import { atMost, byName } from './by-name.ts'
import type { Asked, CommandDefinition, Decision } from './command.ts'
import { append, reject, type Refused } from './decision.ts'
import { changing, creating } from './define.ts'

export const MAX_INDICATORS = 100

const isPart = (text: string): boolean => isDecimal(text) && compare(text, '0') >= 0 && compare(text, '1') <= 0

const submission = z.strictObject({
  instrument: textSchema(),
  side: z.enum(['buy', 'sell']),
  confidence: decimalSchema.refine(isPart, { error: 'must be from 0 to 1' }),
  strategy: textSchema().optional(),
  indicators: atMost(MAX_INDICATORS, byName(z.union([decimalSchema, textSchema()], { error: 'must be a decimal, or text' }))).optional(),
  price: decimalSchema.optional(),
  targetPrice: decimalSchema.optional(),
  expectedMove: decimalSchema.optional(),
  horizonAt: instantSchema.optional(),
  expiresAt: instantSchema,
})

const submitSignal = creating({
  name: 'SubmitSignal',
  kind: 'signal',
  route: '/signals',
  summary: 'Say what a strategy expects of an instrument',
  example: {
    instrument: 'AAPL',
    side: 'buy',
    confidence: '0.72',
    strategy: 'momentum',
    indicators: { rsi14: '61.4', trend: 'up' },
    price: '185.50',
    expectedMove: '0.02',
    horizonAt: '2026-01-12T21:00:00Z',
    expiresAt: '2026-01-06T21:00:00Z',
  },
  creates: { local: 'signalId' },
  data: submission,
  decide: ({ entityId, data }) =>
    append({ entityId, event: 'SignalSubmitted', data: { owner: ownerOf(entityId), ...data, indicators: data.indicators ?? {} } }),
})

const refuseNotOpen = (signal: SignalState, id: EntityId): Refused | undefined =>
  signal.status === 'open' ? undefined : reject('signal_not_open', `${id} is ${signal.status}`)

/** It holds from its expiry, unless a later time is said. */
function decideExpire(signal: SignalState, { entityId, effectiveAt = signal.expiresAt }: Asked<object>): Decision {
  const refused = refuseNotOpen(signal, entityId)
  if (refused) return refused
  return effectiveAt < signal.expiresAt
    ? reject('signal_not_expired', `${entityId} expires at ${signal.expiresAt}`, '/effectiveAt')
    : append({ entityId, event: 'SignalExpired', data: {}, effectiveAt })
}

const expireSignal = changing({
  name: 'ExpireSignal',
  kind: 'signal',
  route: '/signals/{id}/expire',
  summary: 'Say that a signal is over, from its expiry on',
  example: {},
  rejections: ['signal_not_open', 'signal_not_expired'],
  data: z.strictObject({}),
  decide: decideExpire,
})

const cancelSignal = changing({
  name: 'CancelSignal',
  kind: 'signal',
  route: '/signals/{id}/cancel',
  summary: 'Take a signal back',
  example: { reason: 'the feed was wrong' },
  rejections: ['signal_not_open'],
  data: z.strictObject({ reason: textSchema().optional() }),
  decide: (signal: SignalState, { entityId, data }) =>
    refuseNotOpen(signal, entityId) ?? append({ entityId, event: 'SignalCancelled', data }),
})

export const signalCommands: readonly CommandDefinition[] = [submitSignal, expireSignal, cancelSignal]
