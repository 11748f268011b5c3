// average_pnl: what a closed trade earns on average, by instrument.
import { z } from 'zod'
import { divide } from '../../ledger/decimal.ts'
import { sumDecimal } from '../views/sum.ts'
import { instrument, owner, span, strategy } from './parameters.ts'
import { defineQuery } from './query.ts'
import { between, where } from './where.ts'

export const averagePnl = defineQuery({
  name: 'average_pnl',
  summary: 'Realised profit and loss per closed trade, by instrument and currency: count, sum, average',
  parameters: { owner, instrument, strategy, ...span('trades closed') },
  columns: { instrument: 'text', currency: 'text', trades: 'integer', realisedPnl: 'decimal' },
  orderBy: 'instrument, currency',
  sql({ owner: of, instrument: what, strategy: by, from, to }) {
    const conditions = where(
      'closed_at is not null',
      ['owner = ?', of],
      ['instrument = ?', what],
      ['strategy = ?', by],
      ...between('closed_at', from, to),
    )
    return {
      text: `select instrument, currency, count(*) as trades, sum(realised_pnl) as realised_pnl
             from trade_results ${conditions.text} group by instrument, currency`,
      values: conditions.values,
    }
  },
  show: (row) => ({ ...row, averagePnl: divide(row.realisedPnl, String(row.trades)) }),
  shown: z.object({
    instrument: z.string(),
    currency: z.string(),
    trades: z.int(),
    realisedPnl: sumDecimal,
    averagePnl: sumDecimal,
  }),
})
