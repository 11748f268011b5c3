// A trade: what was ordered, what was executed of it, and how far it has come on its way to settlement. What follows from other fields (status, sums, averages, the money held) is derived in
// one place, so any order of events gives a consistent state. TradeSubmitted comes first; every other event may come in any order.
import { z } from 'zod'
import { add, isNegative, isZero, multiply, subtract, weightedAverage, type Decimal } from '../decimal.ts'
import { entityIdSchema, localSchema, ownerSchema } from '../entity-id.ts'
import type { Kind, LedgerEvent } from '../kind.ts'
import { currencySchema, textSchema } from '../text.ts'
import { keptDecimal } from './kept.ts'

const market = z.strictObject({ bid: keptDecimal.optional(), ask: keptDecimal.optional() }).readonly()

const recorded = {
  executionId: localSchema,
  quantity: keptDecimal,
  price: keptDecimal,
  commission: keptDecimal.optional(),
  venue: textSchema().optional(),
  latencyMs: z.int().nonnegative().optional(),
  expectedPrice: keptDecimal.optional(),
  market: market.optional(),
}

const execution = z.strictObject({ ...recorded, slippage: keptDecimal.optional(), busted: z.literal(true).optional() }).readonly()

const submitted = {
  owner: ownerSchema,
  instrument: textSchema(),
  side: z.enum(['buy', 'sell']),
  quantity: keptDecimal,
  price: keptDecimal.optional(),
  currency: currencySchema,
  fundingAccountId: entityIdSchema('account').optional(),
  strategy: textSchema().optional(),
  signalId: textSchema().optional(),
  broker: textSchema().optional(),
  counterparty: textSchema().optional(),
  location: textSchema().optional(),
  contractId: textSchema().optional(),
  clientReference: textSchema().optional(),
}

const tradeState = z
  .strictObject({
    ...submitted,
    status: z.enum(['open', 'partial', 'filled', 'cancelled']),
    confirmation: z.enum(['unmatched', 'matched', 'confirmed', 'settled']),
    matchedWith: entityIdSchema('trade').optional(),
    executedQuantity: keptDecimal,
    remainingQuantity: keptDecimal,
    /** Of what is executed; 18 decimals, half even. */
    averagePrice: keptDecimal.optional(),
    commission: keptDecimal,
    executions: z.array(execution).readonly(),
    /** The money held for what remains. */
    held: keptDecimal,
    /** Busts folded before their execution: in views by effective time only, never in a stored state. */
    pendingBusts: z.array(localSchema).readonly().optional(),
  })
  .readonly()

const amendable = {
  quantity: submitted.quantity.optional(),
  price: submitted.price,
  counterparty: submitted.counterparty,
  location: submitted.location,
  contractId: submitted.contractId,
}

const events = {
  TradeSubmitted: z.strictObject(submitted).readonly(),
  /** The fields that changed. */
  TradeAmended: z.strictObject(amendable).readonly(),
  /** What was taken from the quantity. */
  TradeReduced: z.strictObject({ quantity: keptDecimal }).readonly(),
  ExecutionRecorded: z.strictObject(recorded).readonly(),
  ExecutionBusted: z.strictObject({ executionId: localSchema, reason: textSchema() }).readonly(),
  /** reducedBy: it was a reduction by all that remained. */
  TradeCancelled: z.strictObject({ reason: textSchema().optional(), reducedBy: keptDecimal.optional() }).readonly(),
  TradeMatched: z.strictObject({ otherTradeId: entityIdSchema('trade') }).readonly(),
  TradeConfirmed: z.strictObject({}).readonly(),
  TradeSettled: z.strictObject({}).readonly(),
  MatchBroken: z.strictObject({ otherTradeId: entityIdSchema('trade'), reason: textSchema() }).readonly(),
}

type EventData = { readonly [Name in keyof typeof events]: z.infer<(typeof events)[Name]> }

export type TradeState = z.infer<typeof tradeState>
export type Execution = z.infer<typeof execution>

/** The money a trade holds: a funded buy holds what remains at its price, anything else nothing. */
export const heldFor = (trade: Pick<TradeState, 'fundingAccountId' | 'side' | 'price'>, remaining: Decimal): Decimal =>
  trade.fundingAccountId === undefined || trade.side !== 'buy' || trade.price === undefined ? '0' : multiply(remaining, trade.price)

function statusOf(trade: TradeState, executed: Decimal, remaining: Decimal): TradeState['status'] {
  if (trade.status === 'cancelled') return 'cancelled'
  if (isZero(remaining)) return 'filled'
  return isZero(executed) ? 'open' : 'partial'
}

/** What remains is never below zero, even where an effective view folds a smaller quantity after larger executions. */
function remainingOf(trade: TradeState, executed: Decimal): Decimal {
  if (trade.status === 'cancelled') return '0'
  const remaining = subtract(trade.quantity, executed)
  return isNegative(remaining) ? '0' : remaining
}

/** The one place where status, sums, average and hold come from: quantity, executions, and whether it is cancelled. */
function derived(trade: TradeState): TradeState {
  const { averagePrice: _, ...given } = trade
  const live = trade.executions.filter((one) => one.busted === undefined)
  const executedQuantity = live.reduce((sum, one) => add(sum, one.quantity), '0')
  const remainingQuantity = remainingOf(trade, executedQuantity)
  return {
    ...given,
    status: statusOf(trade, executedQuantity, remainingQuantity),
    executedQuantity,
    remainingQuantity,
    ...averageOf(live),
    commission: live.reduce((sum, one) => add(sum, one.commission ?? '0'), '0'),
    held: heldFor(trade, remainingQuantity),
  }
}

function averageOf(live: readonly Execution[]): Pick<TradeState, 'averagePrice'> {
  const [first, second] = live
  if (first === undefined) return {}
  return { averagePrice: second === undefined ? first.price : weightedAverage(live) }
}

function submit(data: EventData['TradeSubmitted']): TradeState {
  return {
    ...data,
    status: 'open',
    confirmation: 'unmatched',
    executedQuantity: '0',
    remainingQuantity: data.quantity,
    commission: '0',
    executions: [],
    held: heldFor(data, data.quantity),
  }
}

/** By how much the price was worse (above zero) or better (below) than expected; undefined where nothing was. */
export function slippageOf(
  { side }: Pick<TradeState, 'side'>,
  { price, expectedPrice }: Pick<Execution, 'price' | 'expectedPrice'>,
): Decimal | undefined {
  if (expectedPrice === undefined) return undefined
  return side === 'buy' ? subtract(price, expectedPrice) : subtract(expectedPrice, price)
}

function execute(trade: TradeState, data: EventData['ExecutionRecorded']): TradeState {
  const busted = trade.pendingBusts?.includes(data.executionId) === true
  const slippage = slippageOf(trade, data)
  const one: Execution = { ...data, ...(slippage === undefined ? {} : { slippage }), ...(busted ? { busted: true as const } : {}) }
  const executions = [...trade.executions, one]
  return derived(
    busted
      ? withPendingBusts(
          { ...trade, executions },
          (trade.pendingBusts ?? []).filter((id) => id !== data.executionId),
        )
      : { ...trade, executions },
  )
}

function bust(trade: TradeState, { executionId }: EventData['ExecutionBusted']): TradeState {
  if (!trade.executions.some((one) => one.executionId === executionId))
    return withPendingBusts(trade, [...(trade.pendingBusts ?? []), executionId])
  return derived({
    ...trade,
    executions: trade.executions.map((one) => (one.executionId === executionId ? { ...one, busted: true as const } : one)),
  })
}

function withPendingBusts(trade: TradeState, pendingBusts: readonly string[]): TradeState {
  const { pendingBusts: _, ...rest } = trade
  return pendingBusts.length === 0 ? rest : { ...rest, pendingBusts }
}

function unmatched(trade: TradeState): TradeState {
  const { matchedWith: _, ...rest } = trade
  return { ...rest, confirmation: 'unmatched' }
}

function evolve(trade: TradeState | undefined, { event, data }: LedgerEvent): TradeState {
  if (trade === undefined) return submit(data as EventData['TradeSubmitted'])
  switch (event) {
    case 'TradeAmended':
      return derived({ ...trade, ...(data as EventData['TradeAmended']) } as TradeState)
    case 'TradeReduced':
      return derived({ ...trade, quantity: subtract(trade.quantity, (data as EventData['TradeReduced']).quantity) })
    case 'ExecutionRecorded':
      return execute(trade, data as EventData['ExecutionRecorded'])
    case 'ExecutionBusted':
      return bust(trade, data as EventData['ExecutionBusted'])
    case 'TradeCancelled':
      return derived({ ...trade, status: 'cancelled' })
    case 'TradeMatched':
      return { ...trade, confirmation: 'matched', matchedWith: (data as EventData['TradeMatched']).otherTradeId }
    case 'TradeConfirmed':
      return { ...trade, confirmation: 'confirmed' }
    case 'TradeSettled':
      return { ...trade, confirmation: 'settled' }
    case 'MatchBroken':
      return unmatched(trade)
    default:
      return trade
  }
}

export const trade: Kind<TradeState> = {
  kind: 'trade',
  plural: 'trades',
  schemaVersion: 1,
  upcasters: {},
  state: tradeState,
  events,
  evolve,
  filters: ['status', 'instrument'],
  sql: new URL('./trade.sql', import.meta.url),
  example: 'trade:alice:T-1',
}
