// prediction: what signals promised, against what came of them: by strategy and confidence, in bands of a tenth. What a signal has earned is what the closed trades that carry its id have.
import { z } from 'zod'
import { divide, subtract } from '../../ledger/decimal.ts'
import { defined } from '../analytics/defined.ts'
import { sumDecimal } from '../views/sum.ts'
import { instrument, owner, strategy } from './parameters.ts'
import { defineQuery } from './query.ts'
import { where } from './where.ts'

const BANDS = 10
/** By comparisons: casts of wide decimals are slow. */
const BAND = `case ${Array.from({ length: BANDS - 1 }, (_, n) => `when p.confidence < 0.${n + 1} then ${n}`).join(' ')} else ${BANDS - 1} end`

export const prediction = defineQuery({
  name: 'prediction',
  summary: 'Signals against what came of them, by strategy, confidence in bands of a tenth, and currency of their trades',
  parameters: { owner, strategy, instrument },
  columns: {
    strategy: 'text',
    band: 'integer',
    currency: 'text',
    signals: 'integer',
    traded: 'integer',
    closed: 'integer',
    wins: 'integer',
    confidence: 'decimal',
    realisedPnl: 'decimal',
  },
  orderBy: 'strategy nulls last, band, currency nulls last',
  sql({ owner: of, strategy: by, instrument: what }) {
    const conditions = where(['owner = ?', of], ['strategy = ?', by], ['instrument = ?', what])
    return {
      text: `with asked as (
               select owner, signal_id, strategy, confidence from signals ${conditions.text}
             ), results as (
               select owner, signal_id, currency, count(closed_at) as closed,
                 sum(case when closed_at is null then 0 else realised_pnl end) as pnl
               from trade_results where signal_id is not null group by owner, signal_id, currency
             ), outcomes as (
               select p.strategy, ${BAND} as band, r.currency, r.signal_id, r.pnl,
                 case when r.closed > 0 then p.confidence else 0 end as predicted,
                 case when r.closed > 0 then 1 else 0 end as closed, case when r.closed > 0 and r.pnl > 0 then 1 else 0 end as won
               from asked p left join results r on p.owner = r.owner and p.signal_id = r.signal_id
             )
             select strategy, band, currency, count(*) as signals, count(signal_id) as traded, sum(closed) as closed, sum(won) as wins,
               sum(predicted) as confidence, coalesce(sum(pnl), 0) as realised_pnl
             from outcomes group by strategy, band, currency`,
      values: conditions.values,
    }
  },
  show({ strategy: by, band, currency, signals, traded, closed, wins, confidence, realisedPnl }) {
    const over = (value: string): string | undefined => (closed === 0 ? undefined : divide(value, String(closed)))
    const [predicted, actual] = [over(confidence), over(String(wins))]
    return defined({
      strategy: by as string | undefined,
      confidenceFrom: divide(String(band), String(BANDS)),
      confidenceTo: divide(String(band + 1), String(BANDS)),
      currency: currency as string | undefined,
      signals,
      traded,
      closed,
      wins,
      predicted,
      actual,
      difference: predicted === undefined || actual === undefined ? undefined : subtract(actual, predicted),
      realisedPnl,
      averagePnl: over(realisedPnl),
    })
  },
  shown: z.object({
    strategy: z.string().optional(),
    confidenceFrom: sumDecimal,
    confidenceTo: sumDecimal,
    currency: z.string().optional(),
    signals: z.int(),
    traded: z.int(),
    closed: z.int(),
    wins: z.int(),
    predicted: sumDecimal.optional(),
    actual: sumDecimal.optional(),
    difference: sumDecimal.optional(),
    realisedPnl: sumDecimal,
    averagePnl: sumDecimal.optional(),
  }),
})
