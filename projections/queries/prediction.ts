// prediction: what signals promised, against what came of them: by strategy and confidence, in bands of a tenth. What a signal has earned is what the closed trades that carry its id have.
import { z } from 'zod'
import { divide, subtract } from '../../ledger/decimal.ts'
import { defined } from '../analytics/defined.ts'
import { sumDecimal } from '../views/sum.ts'
import { instrument, owner, strategy } from './parameters.ts'
import { defineQuery } from './query.ts'
import { where } from './where.ts'

const BANDS = '10'

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
    squaredErrors: 'decimal',
    realisedPnl: 'decimal',
  },
  orderBy: 'strategy nulls last, band, currency nulls last',
  sql({ owner: of, strategy: by, instrument: what }) {
    const conditions = where(['owner = ?', of], ['strategy = ?', by], ['instrument = ?', what])
    return {
      text: `with predicted as (
               select owner, signal_id, strategy, cast(confidence as decimal(10, 9)) as confidence
               from signals ${conditions.text}
             ), results as (
               select owner, signal_id, currency, count(closed_at) as closed,
                 sum(case when closed_at is null then 0 else realised_pnl end) as pnl
               from trade_results where signal_id is not null group by owner, signal_id, currency
             ), outcomes as (
               select p.strategy, least(cast(floor(p.confidence * 10) as integer), 9) as band, r.currency, p.confidence, r.signal_id, r.pnl,
                 case when r.closed > 0 then 1 else 0 end as closed, case when r.closed > 0 and r.pnl > 0 then 1 else 0 end as won
               from predicted p left join results r on p.owner = r.owner and p.signal_id = r.signal_id
             )
             select strategy, band, currency, count(*) as signals, count(signal_id) as traded, sum(closed) as closed, sum(won) as wins,
               sum(case when closed = 1 then confidence else 0 end) as confidence,
               sum(case when closed = 1 then (confidence - won) * (confidence - won) else 0 end) as squared_errors,
               coalesce(sum(pnl), 0) as realised_pnl
             from outcomes group by strategy, band, currency`,
      values: conditions.values,
    }
  },
  show({ strategy: by, band, currency, signals, traded, closed, wins, confidence, squaredErrors, realisedPnl }) {
    const over = (value: string): string | undefined => (closed === 0 ? undefined : divide(value, String(closed)))
    const [predicted, actual] = [over(confidence), over(String(wins))]
    return defined({
      strategy: by as string | undefined,
      confidenceFrom: divide(String(band), BANDS),
      confidenceTo: divide(String(band + 1), BANDS),
      currency: currency as string | undefined,
      signals,
      traded,
      closed,
      wins,
      predicted,
      actual,
      difference: predicted === undefined || actual === undefined ? undefined : subtract(actual, predicted),
      brierScore: over(squaredErrors),
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
    brierScore: sumDecimal.optional(),
    realisedPnl: sumDecimal,
    averagePnl: sumDecimal.optional(),
  }),
})
