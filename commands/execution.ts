// RecordExecution and BustExecution: what was done of a trade, and taking it back. A bust reverses exactly the movement of its execution; the hold follows from what remains at today's price.
import { z } from 'zod'
import { slippageOf, type Execution, type TradeState } from '../ledger/entities/trade.ts'
import { add, compare, decimalSchema, multiply, negate, positiveDecimalSchema, subtract, type Decimal } from '../ledger/decimal.ts'
import { localSchema } from '../ledger/entity-id.ts'
import { textSchema } from '../ledger/text.ts'
import type { Asked, CommandDefinition, Decision, Lookup } from './command.ts'
import { reject } from './decision.ts'
import { changing } from './define.ts'
import { MOVEMENT_REJECTIONS, withFunds } from './funding.ts'
import { refuseOutOfRange } from './movement.ts'
import { refuseMatched, refuseNotOpen } from './trade-rules.ts'

export const MAX_EXECUTIONS = 1_000

const execution = z.strictObject({
  executionId: localSchema,
  quantity: positiveDecimalSchema,
  price: decimalSchema,
  commission: decimalSchema.optional(),
  venue: textSchema().optional(),
  /** -0 is not kept. */
  latencyMs: z
    .int()
    .nonnegative()
    .transform((latency) => latency + 0)
    .optional(),
  expectedPrice: decimalSchema.optional(),
  market: z.strictObject({ bid: decimalSchema.optional(), ask: decimalSchema.optional() }).optional(),
})

type Cost = Pick<Execution, 'quantity' | 'price' | 'commission'>

/** What an execution does to the balance: a buy pays quantity x price plus commission, a sale is paid quantity x price minus commission. */
function postingOf({ side }: TradeState, { quantity, price, commission = '0' }: Cost): Decimal {
  const notional = multiply(quantity, price)
  return side === 'buy' ? negate(add(notional, commission)) : subtract(notional, commission)
}

const movesOutOfRange = (trade: TradeState, one: Cost) =>
  trade.fundingAccountId === undefined ? undefined : refuseOutOfRange([multiply(one.quantity, one.price), postingOf(trade, one)])

/** Of a trade without funding nothing moves. */
const moved = (trade: TradeState, executionId: string, posting: () => Decimal) =>
  trade.fundingAccountId === undefined ? { posting: '0' } : { executionId, posting: posting() }

function decideRecord(trade: TradeState, asked: Asked<z.infer<typeof execution>>, lookup: Lookup): Decision {
  const { entityId, data } = asked
  // before trade_not_open: whoever sends the last execution twice wants to hear that it is there
  if (trade.executions.some((one) => one.executionId === data.executionId))
    return reject('execution_exists', `${entityId} has an execution ${data.executionId} already`, '/executionId')
  const notOpen = refuseNotOpen(trade, entityId)
  if (notOpen) return notOpen
  if (compare(data.quantity, trade.remainingQuantity) > 0)
    return reject('quantity_exceeds_remaining', `${trade.remainingQuantity} remains`, '/quantity')
  if (trade.executions.length >= MAX_EXECUTIONS) return reject('too_many_executions', `${entityId} has ${MAX_EXECUTIONS} executions`)
  const refused =
    refuseOutOfRange([slippageOf(trade, data) ?? '0'], '/expectedPrice') ??
    refuseOutOfRange([add(trade.commission, data.commission ?? '0')], '/commission') ??
    movesOutOfRange(trade, data)
  if (refused) return refused
  return withFunds(
    { entityId, event: 'ExecutionRecorded', data },
    trade,
    moved(trade, data.executionId, () => postingOf(trade, data)),
    asked,
    lookup,
  )
}

const recordExecution = changing({
  name: 'RecordExecution',
  kind: 'trade',
  route: '/trades/{id}/executions',
  summary: 'Record an execution of a trade',
  example: { executionId: 'E-9', quantity: '15', price: '185.40', commission: '1.2', venue: 'XNAS' },
  rejections: ['execution_exists', 'trade_not_open', 'quantity_exceeds_remaining', 'too_many_executions', ...MOVEMENT_REJECTIONS],
  data: execution,
  decide: decideRecord,
})

const bust = z.strictObject({ executionId: localSchema, reason: textSchema() })

function decideBust(trade: TradeState, asked: Asked<z.infer<typeof bust>>, lookup: Lookup): Decision {
  const { entityId, data } = asked
  const matched = refuseMatched(trade, entityId)
  if (matched) return matched
  const one = trade.executions.find(({ executionId }) => executionId === data.executionId)
  if (one === undefined) return reject('execution_not_found', `${entityId} has no execution ${data.executionId}`, '/executionId')
  if (one.busted) return reject('execution_already_busted', `${data.executionId} was taken back before`, '/executionId')
  const refused = refuseOutOfRange([subtract(trade.commission, one.commission ?? '0')])
  if (refused) return refused
  return withFunds(
    { entityId, event: 'ExecutionBusted', data },
    trade,
    moved(trade, one.executionId, () => negate(postingOf(trade, one))),
    asked,
    lookup,
  )
}

const bustExecution = changing({
  name: 'BustExecution',
  kind: 'trade',
  route: '/trades/{id}/executions/{executionId}/bust',
  summary: 'Take an execution back',
  example: { executionId: 'E-1', reason: 'clearly erroneous price' },
  rejections: ['already_settled', 'already_matched', 'execution_not_found', 'execution_already_busted', ...MOVEMENT_REJECTIONS],
  data: bust,
  decide: decideBust,
})

export const executionCommands: readonly CommandDefinition[] = [recordExecution, bustExecution]
