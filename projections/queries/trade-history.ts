// trade_history: executions, the newest first.
import { z } from 'zod'
import { keptDecimal } from '../../ledger/entities/kept.ts'
import { entityIdSchema } from '../../ledger/entity-id.ts'
import { keptInstant } from '../../ledger/instant.ts'
import { knownOf, recordedBy, standing } from './known.ts'
import { asOf, instrument, owner, span } from './parameters.ts'
import { defineQuery } from './query.ts'
import { between, where } from './where.ts'

export const tradeHistory = defineQuery({
  name: 'trade_history',
  summary: 'Executions, the newest first, with what each has earned',
  parameters: {
    owner,
    instrument,
    tradeId: entityIdSchema('trade').optional().describe('Only of this trade'),
    asOf,
    ...span('executed'),
    busted: z.enum(['true', 'false']).default('false').describe('Whether executions that were taken back are shown, too'),
  },
  columns: {
    tradeId: 'text',
    executionId: 'text',
    instrument: 'text',
    currency: 'text',
    side: 'text',
    quantity: 'decimal',
    price: 'decimal',
    commission: 'decimal',
    realisedPnl: 'decimal',
    busted: 'boolean',
    executedAt: 'instant',
  },
  orderBy: 'executed_at desc, trade_id desc, execution_id desc',
  sql({ owner: of, instrument: what, tradeId, asOf: known, from, to, busted }) {
    const { realisedPnl, busted: isBusted } = knownOf(known)
    const conditions = where(
      ['owner = ?', of],
      ['instrument = ?', what],
      ['trade_id = ?', tradeId],
      ...between('executed_at', from, to),
      ...(busted === 'true' ? [recordedBy(known)] : standing(known)),
    )
    return {
      text: `select trade_id, execution_id, instrument, currency, side, quantity, price, commission, ${realisedPnl.text},
               ${isBusted.text}, executed_at
             from executions ${conditions.text}`,
      values: [...realisedPnl.values, ...isBusted.values, ...conditions.values],
    }
  },
  shown: z.object({
    tradeId: z.string(),
    executionId: z.string(),
    instrument: z.string(),
    currency: z.string(),
    side: z.enum(['buy', 'sell']),
    quantity: keptDecimal,
    price: keptDecimal,
    commission: keptDecimal.optional(),
    realisedPnl: keptDecimal.optional(),
    busted: z.boolean(),
    executedAt: keptInstant,
  }),
})
