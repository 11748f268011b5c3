// pnl_by_day: what was earned on each day (UTC), what that comes to by then, and how far that is below the most it has been.
import { z } from 'zod'
import { sumDecimal } from '../views/sum.ts'
import { knownOf, recordedBy } from './known.ts'
import { asOf, instrument, owner, span, strategy } from './parameters.ts'
import { defineQuery } from './query.ts'
import { between, where } from './where.ts'

const OVER = 'over (partition by currency order by day rows between unbounded preceding and current row)'

export const pnlByDay = defineQuery({
  name: 'pnl_by_day',
  summary: 'Realised profit and loss by currency and day (UTC) of execution: of the day, cumulated, and the drawdown from its peak',
  parameters: { owner, instrument, strategy, asOf, ...span('executed') },
  columns: { currency: 'text', day: 'date', realisedPnl: 'decimal', cumulatedPnl: 'decimal', drawdown: 'decimal' },
  orderBy: 'currency, day',
  sql({ owner: of, instrument: what, strategy: by, asOf: known, from, to }) {
    const { realisedPnl } = knownOf(known)
    const conditions = where(
      'cost_change is not null',
      recordedBy(known),
      ['owner = ?', of],
      ['instrument = ?', what],
      ['strategy = ?', by],
      ...between('executed_at', from, to),
    )
    return {
      text: `with booked as (
               select currency, cast(executed_at as date) as day, ${realisedPnl.text} from executions ${conditions.text}
             ), days as (
               select currency, day, sum(realised_pnl) as realised_pnl from booked group by currency, day
             ), curve as (
               select currency, day, realised_pnl, sum(realised_pnl) ${OVER} as cumulated_pnl from days
             )
             select currency, day, realised_pnl, cumulated_pnl, greatest(max(cumulated_pnl) ${OVER}, 0) - cumulated_pnl as drawdown
             from curve`,
      values: [...realisedPnl.values, ...conditions.values],
    }
  },
  shown: z.object({
    currency: z.string(),
    day: z.iso.date(),
    realisedPnl: sumDecimal,
    cumulatedPnl: sumDecimal,
    drawdown: sumDecimal,
  }),
})
