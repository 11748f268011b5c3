// Every execution of a trade, and what it has earned: booking.ts says how. One that was taken back stays, marked, with what it had put into the cost of its position.
import { z } from 'zod'
import { multiply, type Decimal } from '../../ledger/decimal.ts'
import type { Execution } from '../../ledger/entities/trade.ts'
import { keptDecimal } from '../../ledger/entities/kept.ts'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant, type Instant } from '../../ledger/instant.ts'
import { defineProjection, type RecordOf } from '../projection.ts'
import { changedExecution } from '../views/changed-execution.ts'
import { defined } from './defined.ts'
import { book, bookable, heldAfter, leftByBust, positionKey, type Held } from './booking.ts'

interface Row extends Pick<
  Execution,
  'executionId' | 'quantity' | 'price' | 'commission' | 'venue' | 'latencyMs' | 'expectedPrice' | 'slippage'
> {
  readonly owner: string
  readonly tradeId: string
  readonly instrument: string
  readonly currency: string
  readonly side: 'buy' | 'sell'
  readonly strategy?: string
  readonly signalId?: string
  readonly broker?: string
  /** When it was executed: an amendment later does not change it. */
  readonly counterparty?: string
  /** Quantity times price. */
  readonly amount?: Decimal
  /** Slippage times quantity. */
  readonly slippageCost?: Decimal
  readonly bid?: Decimal
  readonly ask?: Decimal
  readonly busted: boolean
  /** When it was recorded that it was taken back. */
  readonly bustedAt?: Instant
  readonly executedAt: Instant
  readonly recordedAt: Instant
  readonly closedQuantity?: Decimal
  /** Of one that was taken back: what its bust left. */
  readonly realisedPnl?: Decimal
  /** What it had added to the cost of its position, also where it was taken back. */
  readonly costChange?: Decimal
}

const keyOf = (entityId: string, executionId: string): string => `${entityId}:${executionId}`
const ownerOfExecution = (key: string): string => ownerOf(key.slice(0, key.lastIndexOf(':')))

export const executions = defineProjection<'trade', Row, Held>({
  name: 'executions',
  version: 1,
  summary: 'Every execution of every trade, with what it has earned',
  kinds: ['trade'],
  key(record) {
    const found = changedExecution(record)
    return found && keyOf(record.entityId, found.of.executionId)
  },
  isNew: ({ event }) => event === 'ExecutionRecorded',
  memoryKey: positionKey,
  remember(record, { before, document }) {
    const found = changedExecution(record)
    if (!found || !document) return before ?? null
    return heldAfter(before, { deal: document, isBust: found.isBust, costChange: document.costChange })
  },
  apply(document, record, before) {
    const found = changedExecution(record)
    if (!found) return document ?? null
    const row = document ?? rowOf(record, found.of)
    if (!found.isBust) return found.of.busted ? row : { ...row, ...book(before, row) }
    const isBooked = row.costChange !== undefined
    return {
      ...row,
      busted: true,
      bustedAt: record.recordedAt,
      ...(isBooked && { closedQuantity: '0', realisedPnl: leftByBust(before, { deal: row, costChange: row.costChange }) }),
    }
  },
  shown: z.object({
    owner: z.string(),
    tradeId: z.string(),
    executionId: z.string(),
    instrument: z.string(),
    currency: z.string(),
    side: z.enum(['buy', 'sell']),
    strategy: z.string().optional(),
    signalId: z.string().optional(),
    broker: z.string().optional(),
    counterparty: z.string().optional(),
    quantity: keptDecimal,
    price: keptDecimal,
    amount: keptDecimal.optional(),
    commission: keptDecimal.optional(),
    venue: z.string().optional(),
    latencyMs: z.int().optional(),
    expectedPrice: keptDecimal.optional(),
    slippage: keptDecimal.optional(),
    slippageCost: keptDecimal.optional(),
    bid: keptDecimal.optional(),
    ask: keptDecimal.optional(),
    busted: z.boolean(),
    bustedAt: keptInstant.optional(),
    executedAt: keptInstant,
    recordedAt: keptInstant,
    closedQuantity: keptDecimal.optional(),
    realisedPnl: keptDecimal.optional(),
    costChange: keptDecimal.optional(),
  }),
  filters: ['owner', 'instrument'],
  spreadBy: { member: 'owner', of: ownerOfExecution },
  columns: {
    owner: 'text',
    tradeId: 'text',
    executionId: 'text',
    instrument: 'text',
    currency: 'text',
    side: 'text',
    strategy: 'text',
    signalId: 'text',
    broker: 'text',
    counterparty: 'text',
    quantity: 'decimal',
    price: 'decimal',
    amount: 'decimal',
    commission: 'decimal',
    venue: 'text',
    latencyMs: 'integer',
    expectedPrice: 'decimal',
    slippage: 'decimal',
    slippageCost: 'decimal',
    bid: 'decimal',
    ask: 'decimal',
    busted: 'boolean',
    bustedAt: 'instant',
    executedAt: 'instant',
    recordedAt: 'instant',
    closedQuantity: 'decimal',
    realisedPnl: 'decimal',
    costChange: 'decimal',
  },
  clusterBy: ['instrument', { dayOf: 'executedAt' }],
})

function rowOf({ entityId, state, effectiveAt, recordedAt }: RecordOf<'trade'>, of: Execution): Row {
  const { owner, instrument, currency, side, strategy, signalId, broker, counterparty } = state
  const { market, busted = false, ...execution } = of
  return defined({
    owner,
    tradeId: entityId,
    instrument,
    currency,
    side,
    strategy,
    signalId,
    broker,
    counterparty,
    ...execution,
    amount: bookable(multiply(of.quantity, of.price)),
    slippageCost: of.slippage === undefined ? undefined : bookable(multiply(of.slippage, of.quantity)),
    bid: market?.bid,
    ask: market?.ask,
    busted,
    executedAt: effectiveAt,
    recordedAt,
  })
}
