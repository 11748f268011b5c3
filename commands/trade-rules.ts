// Refusals that several commands on trades share.
import type { TradeState } from '../ledger/entities/trade.ts'
import type { EntityId } from '../ledger/entity-id.ts'
import { reject, type Refused } from './decision.ts'

export const refuseSettled = (trade: TradeState, id: EntityId): Refused | undefined =>
  trade.confirmation === 'settled' ? reject('already_settled', `${id} is settled`) : undefined

/** What a counterparty has matched stays as it is until the match is broken; what is settled, for ever. */
export const refuseMatched = (trade: TradeState, id: EntityId): Refused | undefined =>
  refuseSettled(trade, id) ??
  (trade.confirmation === 'unmatched'
    ? undefined
    : reject('already_matched', `${id} is matched with ${trade.matchedWith}: break the match first`))

export const refuseNotOpen = (trade: TradeState, id: EntityId): Refused | undefined =>
  trade.status === 'filled' || trade.status === 'cancelled' ? reject('trade_not_open', `${id} is ${trade.status}`) : undefined
