// The commands on trades, and when they are refused: submit, amend, reduce and cancel here, executions and matching in their own files. What a trade does to the money of its account happens in
// the same unit (funding.ts).
import { z } from 'zod'
import type { AccountState } from '../ledger/entities/account.ts'
import type { TradeState } from '../ledger/entities/trade.ts'
import { compare, decimalSchema, positiveDecimalSchema, type Decimal } from '../ledger/decimal.ts'
import { entityIdSchema, ownerOf, type EntityId } from '../ledger/entity-id.ts'
import { currencySchema, textSchema } from '../ledger/text.ts'
import type { Asked, CommandDefinition, Decision, Lookup, NewVersion } from './command.ts'
import { append, nothing, reject, type Refused } from './decision.ts'
import { changing, creating } from './define.ts'
import { executionCommands } from './execution.ts'
import { HOLD_REJECTIONS, refuseForeign, refuseFunding, withFunds } from './funding.ts'
import { matchingCommands } from './matching.ts'
import { refuseMatched, refuseNotOpen, refuseSettled } from './trade-rules.ts'

const NO_MOVEMENT = { posting: '0' }

const text = textSchema().optional()

const submission = z.strictObject({
  instrument: textSchema(),
  side: z.enum(['buy', 'sell']),
  quantity: positiveDecimalSchema,
  /** Absent: at the market. */
  price: decimalSchema.optional(),
  currency: currencySchema,
  fundingAccountId: entityIdSchema('account').optional(),
  strategy: text,
  signalId: text,
  broker: text,
  counterparty: text,
  location: text,
  contractId: text,
  clientReference: text,
})

interface Priced {
  readonly side: 'buy' | 'sell'
  readonly price?: Decimal | undefined
}

/** The cost of a funded buy is held at its price, so there must be one, above zero. */
const refusePriceless = ({ side, price }: Priced): Refused | undefined =>
  side === 'buy' && (price === undefined || compare(price, '0') <= 0)
    ? reject('price_required', 'a buy that uses an account needs a price above zero', '/price')
    : undefined

function decideSubmit(asked: Asked<z.infer<typeof submission>>, lookup: Lookup): Decision {
  const { entityId, data } = asked
  const own: NewVersion = { entityId, event: 'TradeSubmitted', data: { owner: ownerOf(entityId), ...data } }
  if (data.fundingAccountId === undefined) return append(own)
  const foreign = refuseForeign(entityId, data.fundingAccountId)
  if (foreign) return foreign
  const account = lookup<AccountState>(data.fundingAccountId)
  if (account.state === undefined) return { missing: data.fundingAccountId }
  const refused = refuseFunding(data.currency, { ...account, state: account.state }) ?? refusePriceless(data)
  return refused ?? withFunds(own, undefined, NO_MOVEMENT, asked, lookup)
}

const submitTrade = creating({
  name: 'SubmitTrade',
  kind: 'trade',
  route: '/trades',
  summary: 'Submit a trade; with an account, its cost is held',
  example: {
    instrument: 'AAPL',
    side: 'buy',
    quantity: '20',
    price: '185.50',
    currency: 'USD',
    fundingAccountId: 'account:alice:USD',
    strategy: 'momentum',
  },
  rejections: ['boundary_account', 'account_not_owned', 'currency_mismatch', 'price_required', ...HOLD_REJECTIONS],
  creates: { local: 'tradeId' },
  alsoNames: ['fundingAccountId'],
  data: submission,
  decide: decideSubmit,
})

const amendment = z
  .strictObject({
    quantity: positiveDecimalSchema.optional(),
    price: decimalSchema.optional(),
    counterparty: text,
    location: text,
    contractId: text,
  })
  .refine((fields) => Object.keys(fields).length > 0, { error: 'must name at least one field' })
  .meta({ minProperties: 1 })

type Amendment = z.infer<typeof amendment>

const changesOf = (trade: TradeState, asked: Amendment): Amendment =>
  Object.fromEntries(Object.entries(asked).filter(([name, value]) => value !== trade[name as keyof Amendment]))

/** Quantity and price: until the trade is over, but a quantity above what is executed reopens a filled trade. */
function refuseTerms(trade: TradeState, { quantity, price }: Amendment, id: EntityId): Refused | undefined {
  const refused = refuseMatched(trade, id)
  if (refused) return refused
  if (trade.status === 'cancelled' || quantity === undefined) {
    const notOpen = refuseNotOpen(trade, id)
    if (notOpen) return notOpen
  }
  if (quantity !== undefined && compare(quantity, trade.executedQuantity) < 0) {
    return reject('quantity_below_executed', `${trade.executedQuantity} is executed already`, '/quantity')
  }
  return trade.fundingAccountId === undefined || price === undefined ? undefined : refusePriceless({ side: trade.side, price })
}

function decideAmend(trade: TradeState, asked: Asked<Amendment>, lookup: Lookup): Decision {
  const { entityId } = asked
  const changes = changesOf(trade, asked.data)
  if (Object.keys(changes).length === 0) return nothing
  const terms = changes.quantity !== undefined || changes.price !== undefined
  const refused = terms ? refuseTerms(trade, changes, entityId) : refuseSettled(trade, entityId)
  return refused ?? withFunds({ entityId, event: 'TradeAmended', data: changes }, trade, NO_MOVEMENT, asked, lookup)
}

const amendTrade = changing({
  name: 'AmendTrade',
  kind: 'trade',
  route: '/trades/{id}/amend',
  summary: 'Change terms of a trade',
  example: { quantity: '30', price: '186' },
  rejections: ['already_settled', 'already_matched', 'trade_not_open', 'quantity_below_executed', 'price_required', ...HOLD_REJECTIONS],
  data: amendment,
  decide: decideAmend,
})

const reduction = z.strictObject({ quantity: positiveDecimalSchema })

function decideReduce(trade: TradeState, asked: Asked<z.infer<typeof reduction>>, lookup: Lookup): Decision {
  const { entityId, data } = asked
  const refused = refuseMatched(trade, entityId) ?? refuseNotOpen(trade, entityId)
  if (refused) return refused
  const order = compare(data.quantity, trade.remainingQuantity)
  if (order > 0) return reject('quantity_exceeds_remaining', `${trade.remainingQuantity} remains`, '/quantity')
  const own: NewVersion =
    order === 0 ? { entityId, event: 'TradeCancelled', data: { reducedBy: data.quantity } } : { entityId, event: 'TradeReduced', data }
  return withFunds(own, trade, NO_MOVEMENT, asked, lookup)
}

const reduceTrade = changing({
  name: 'ReduceTrade',
  kind: 'trade',
  route: '/trades/{id}/reduce',
  summary: 'Take from what remains of a trade',
  example: { quantity: '5' },
  rejections: ['already_settled', 'already_matched', 'trade_not_open', 'quantity_exceeds_remaining', ...HOLD_REJECTIONS],
  data: reduction,
  decide: decideReduce,
})

const cancellation = z.strictObject({ reason: text })

function decideCancel(trade: TradeState, asked: Asked<z.infer<typeof cancellation>>, lookup: Lookup): Decision {
  const { entityId, data } = asked
  const refused = refuseMatched(trade, entityId) ?? refuseNotOpen(trade, entityId)
  return refused ?? withFunds({ entityId, event: 'TradeCancelled', data }, trade, NO_MOVEMENT, asked, lookup)
}

const cancelTrade = changing({
  name: 'CancelTrade',
  kind: 'trade',
  route: '/trades/{id}/cancel',
  summary: 'Cancel what remains of a trade',
  example: { reason: 'changed my mind' },
  rejections: ['already_settled', 'already_matched', 'trade_not_open', ...HOLD_REJECTIONS],
  data: cancellation,
  decide: decideCancel,
})

export const tradeCommands: readonly CommandDefinition[] = [
  submitTrade,
  amendTrade,
  reduceTrade,
  cancelTrade,
  ...executionCommands,
  ...matchingCommands,
]
