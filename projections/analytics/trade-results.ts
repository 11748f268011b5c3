// What each trade that was executed has earned, and since when it is closed: a trade is, once it is filled or cancelled, if its executions closed something of a position. Booked as `executions` is
// (booking.ts), so that a trade has what its executions have.
import { z } from 'zod'
import { add, isZero, subtract, type Decimal } from '../../ledger/decimal.ts'
import type { TradeState } from '../../ledger/entities/trade.ts'
import { keptDecimal } from '../../ledger/entities/kept.ts'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant, type Instant } from '../../ledger/instant.ts'
import { defineProjection, type RecordOf } from '../projection.ts'
import { changedExecution, type ChangedExecution } from '../views/changed-execution.ts'
import { book, heldAfter, leftByBust, positionKey, realisedBy, type Held } from './booking.ts'
import { defined } from './defined.ts'

/** What one of its executions has booked, also where it was taken back. */
interface BookedExecution {
  readonly executionId: string
  readonly closedQuantity: Decimal
  readonly costChange: Decimal
}

interface Earned {
  readonly closedQuantity: Decimal
  readonly realisedPnl: Decimal
  readonly booked: readonly BookedExecution[]
}

interface Result
  extends Earned, Pick<TradeState, 'owner' | 'instrument' | 'currency' | 'side' | 'strategy' | 'signalId' | 'status' | 'commission'> {
  readonly tradeId: string
  readonly executedQuantity: Decimal
  readonly recordedAt: Instant
  readonly closedAt?: Instant
}

const NOTHING: Earned = { closedQuantity: '0', realisedPnl: '0', booked: [] }

/** The execution that a version is about, as a deal of its trade. */
const dealOf = ({ state: { side } }: RecordOf<'trade'>, { of: { quantity, price } }: ChangedExecution) => ({ side, quantity, price })
const bookedOf = ({ booked }: Earned, { of }: ChangedExecution): BookedExecution | undefined =>
  booked.find(({ executionId }) => executionId === of.executionId)

export const tradeResults = defineProjection<'trade', Result, Held>({
  name: 'trade_results',
  version: 1,
  summary: 'What each trade that was executed has earned, and since when it is closed',
  kinds: ['trade'],
  key: ({ entityId, state }) => (state.executions.length === 0 ? undefined : entityId),
  isNew: ({ event, state }) => event === 'ExecutionRecorded' && state.executions.length === 1,
  memoryKey: positionKey,
  remember(record, { before, document }) {
    const found = changedExecution(record)
    if (!found || !document) return before ?? null
    return heldAfter(before, {
      deal: dealOf(record, found),
      isBust: found.isBust,
      costChange: bookedOf(document, found)?.costChange,
    })
  },
  apply(document, record, before) {
    const { entityId, state, effectiveAt, recordedAt } = record
    const { owner, instrument, currency, side, strategy, signalId, status, commission, executedQuantity } = state
    const { closedQuantity, realisedPnl, booked } = earnedAfter(document ?? NOTHING, record, before)
    const isClosed = (status === 'filled' || status === 'cancelled') && !isZero(closedQuantity)
    return defined({
      owner,
      tradeId: entityId,
      instrument,
      currency,
      side,
      strategy,
      signalId,
      status,
      executedQuantity,
      commission,
      closedQuantity,
      realisedPnl,
      booked,
      closedAt: isClosed ? (document?.closedAt ?? effectiveAt) : undefined,
      recordedAt,
    })
  },
  shown: z.object({
    owner: z.string(),
    tradeId: z.string(),
    instrument: z.string(),
    currency: z.string(),
    side: z.enum(['buy', 'sell']),
    strategy: z.string().optional(),
    signalId: z.string().optional(),
    status: z.string(),
    executedQuantity: keptDecimal,
    commission: keptDecimal,
    closedQuantity: keptDecimal,
    realisedPnl: keptDecimal,
    booked: z.array(z.object({ executionId: z.string(), closedQuantity: keptDecimal, costChange: keptDecimal })),
    closedAt: keptInstant.optional(),
    recordedAt: keptInstant,
  }),
  filters: ['owner', 'instrument', 'status'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: {
    owner: 'text',
    tradeId: 'text',
    instrument: 'text',
    currency: 'text',
    side: 'text',
    strategy: 'text',
    signalId: 'text',
    status: 'text',
    executedQuantity: 'decimal',
    commission: 'decimal',
    closedQuantity: 'decimal',
    realisedPnl: 'decimal',
    booked: 'json',
    closedAt: 'instant',
    recordedAt: 'instant',
  },
  clusterBy: ['owner', { dayOf: 'closedAt' }],
})

/** What the trade has earned after a version. */
function earnedAfter({ closedQuantity, realisedPnl, booked }: Earned, record: RecordOf<'trade'>, before: Held | undefined): Earned {
  const earned = { closedQuantity, realisedPnl, booked }
  const found = changedExecution(record)
  if (!found) return earned
  const deal = dealOf(record, found)
  if (!found.isBust) {
    const booking = found.of.busted ? undefined : book(before, deal)
    if (!booking) return earned
    return {
      closedQuantity: add(closedQuantity, booking.closedQuantity),
      realisedPnl: add(realisedPnl, booking.realisedPnl),
      booked: [...booked, { executionId: found.of.executionId, closedQuantity: booking.closedQuantity, costChange: booking.costChange }],
    }
  }
  const taken = bookedOf(earned, found)
  if (!taken) return earned
  const { costChange } = taken
  return {
    closedQuantity: subtract(closedQuantity, taken.closedQuantity),
    realisedPnl: add(subtract(realisedPnl, realisedBy(deal, costChange)), leftByBust(before, { deal, costChange })),
    booked,
  }
}
