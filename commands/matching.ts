// Matching two sides of a deal, and the steps from there to settlement. Matching and breaking change both sides in one unit; confirming and settling are each side's own.
import { z } from 'zod'
import type { TradeState } from '../ledger/entities/trade.ts'
import { isZero } from '../ledger/decimal.ts'
import { entityIdSchema, ownerOf, type EntityId } from '../ledger/entity-id.ts'
import { textSchema } from '../ledger/text.ts'
import type { Asked, CommandDefinition, Decision, Lookup } from './command.ts'
import { append, nothing, reject, type Refused } from './decision.ts'
import { changing } from './define.ts'
import { refuseSettled } from './trade-rules.ts'

const OTHER = '/otherTradeId'
const SAME_TERMS = ['instrument', 'quantity', 'price', 'currency'] as const

const match = z.strictObject({ otherTradeId: entityIdSchema('trade') })

/** What speaks against matching this side, whatever the other one is. */
function refuseSide(trade: TradeState, id: EntityId, pointer?: string): Refused | undefined {
  if (trade.confirmation !== 'unmatched') return reject('already_matched', `${id} is matched with ${trade.matchedWith}`, pointer)
  return trade.status === 'cancelled' && isZero(trade.executedQuantity)
    ? reject('trade_not_open', `${id} is cancelled, and nothing of it was executed`, pointer)
    : undefined
}

function refuseTerms(trade: TradeState, other: TradeState): Refused | undefined {
  const differing = SAME_TERMS.filter((term) => trade[term] !== other[term])
  if (differing.length > 0) return reject('terms_differ', `${differing.join(', ')} of the two trades differ`, OTHER)
  if (trade.side === other.side) return reject('terms_differ', `both trades are on the ${trade.side} side`, OTHER)
  return trade.owner === other.owner ? reject('terms_differ', `both trades are ${trade.owner}'s`, OTHER) : undefined
}

function decideMatch(trade: TradeState, { entityId, data: { otherTradeId } }: Asked<z.infer<typeof match>>, lookup: Lookup): Decision {
  const { state: other } = lookup<TradeState>(otherTradeId)
  if (other === undefined) return { missing: otherTradeId }
  const refused = refuseSide(trade, entityId) ?? refuseSide(other, otherTradeId, OTHER) ?? refuseTerms(trade, other)
  if (refused) return refused
  const event = 'TradeMatched'
  return append({ entityId, event, data: { otherTradeId } }, { entityId: otherTradeId, event, data: { otherTradeId: entityId } })
}

const matchTrades = changing({
  name: 'MatchTrades',
  kind: 'trade',
  route: '/trades/{id}/match',
  summary: 'Match two sides of one deal',
  example: { otherTradeId: 'trade:bob:T-2' },
  rejections: ['already_matched', 'trade_not_open', 'terms_differ'],
  alsoNames: ['otherTradeId'],
  reachesOthers: ({ entityId, data: { otherTradeId } }) => ownerOf(otherTradeId) !== ownerOf(entityId),
  data: match,
  decide: decideMatch,
})

const step = z.strictObject({})

/** A step that was taken before changes nothing, here and in settling: whoever asks again hears that it is done. */
function decideConfirm(trade: TradeState, { entityId }: Asked<object>): Decision {
  if (trade.confirmation === 'unmatched') return reject('not_matched', `${entityId} is not matched`)
  return trade.confirmation === 'matched' ? append({ entityId, event: 'TradeConfirmed', data: {} }) : nothing
}

const confirmTrade = changing({
  name: 'ConfirmTrade',
  kind: 'trade',
  route: '/trades/{id}/confirm',
  summary: 'Confirm a matched trade, for its own side',
  example: {},
  rejections: ['not_matched'],
  data: step,
  decide: decideConfirm,
})

function decideSettle(trade: TradeState, { entityId }: Asked<object>): Decision {
  if (trade.confirmation === 'settled') return nothing
  return trade.confirmation === 'confirmed'
    ? append({ entityId, event: 'TradeSettled', data: {} })
    : reject('not_confirmed', `${entityId} is ${trade.confirmation}`)
}

const settleTrade = changing({
  name: 'SettleTrade',
  kind: 'trade',
  route: '/trades/{id}/settle',
  summary: 'Settle a confirmed trade, for its own side',
  example: {},
  rejections: ['not_confirmed'],
  data: step,
  decide: decideSettle,
})

const breaking = z.strictObject({ reason: textSchema() })

function decideBreak(trade: TradeState, { entityId, data: { reason } }: Asked<z.infer<typeof breaking>>, lookup: Lookup): Decision {
  const otherTradeId = trade.matchedWith
  if (otherTradeId === undefined) return reject('not_matched', `${entityId} is not matched`)
  const settled = refuseSettled(trade, entityId)
  if (settled) return settled
  const { state: other } = lookup<TradeState>(otherTradeId)
  if (other === undefined) return { missing: otherTradeId }
  const event = 'MatchBroken'
  return (
    refuseSettled(other, otherTradeId) ??
    append({ entityId, event, data: { otherTradeId, reason } }, { entityId: otherTradeId, event, data: { otherTradeId: entityId, reason } })
  )
}

const breakMatch = changing({
  name: 'BreakMatch',
  kind: 'trade',
  route: '/trades/{id}/break',
  summary: 'Break a match, for both sides',
  example: { reason: 'wrong counterparty' },
  rejections: ['not_matched', 'already_settled'],
  // What is matched is matched with another owner's trade.
  reachesOthers: () => true,
  data: breaking,
  decide: decideBreak,
})

export const matchingCommands: readonly CommandDefinition[] = [matchTrades, confirmTrade, settleTrade, breakMatch]
