// daily_summary: what was traded of an instrument on a day (UTC), the newest day first.
import { z } from 'zod'
import { divide } from '../../ledger/decimal.ts'
import { sumDecimal } from '../views/sum.ts'
import { instrument, owner, span } from './parameters.ts'
import { defineQuery } from './query.ts'
import { between, where } from './where.ts'

export const dailySummary = defineQuery({
  name: 'daily_summary',
  summary: 'Trades and executions by instrument, currency and day (UTC), the newest first: count, quantity, notional, prices',
  parameters: { owner, instrument, ...span('executed') },
  columns: {
    day: 'date',
    instrument: 'text',
    currency: 'text',
    trades: 'integer',
    executions: 'integer',
    quantity: 'decimal',
    notional: 'decimal',
    firstPrice: 'decimal',
    highPrice: 'decimal',
    lowPrice: 'decimal',
    lastPrice: 'decimal',
  },
  orderBy: 'day desc, instrument, currency',
  sql({ owner: of, instrument: what, from, to, limit }) {
    const conditions = where(
      'not busted',
      'amount is not null',
      ['owner = ?', of],
      ['instrument = ?', what],
      ...between('executed_at', from, to),
    )
    return {
      // Days first, so that all else is looked up for those that are shown only. The first and the last of several at one instant: by key.
      text: `with picked as (
               select cast(executed_at as date) as day, instrument, currency, min(executed_at) as first_at, max(executed_at) as last_at
               from executions ${conditions.text} group by cast(executed_at as date), instrument, currency
               qualify row_number() over (order by cast(executed_at as date) desc, instrument, currency) <= ?
             ), standing as (
               select key, trade_id, instrument, currency, cast(executed_at as date) as day, executed_at, price, quantity, amount
               from executions ${conditions.text} and executed_at >= (select min(first_at) from picked)
             )
             select s.day, s.instrument, s.currency, count(distinct s.trade_id) as trades, count(*) as executions, sum(s.quantity) as quantity,
               sum(s.amount) as notional, min_by(s.price, case when s.executed_at = p.first_at then s.key end) as first_price,
               max(s.price) as high_price, min(s.price) as low_price,
               max_by(s.price, case when s.executed_at = p.last_at then s.key end) as last_price
             from standing s join picked p on s.day = p.day and s.instrument = p.instrument and s.currency = p.currency
             group by s.day, s.instrument, s.currency`,
      values: [...conditions.values, limit + 1, ...conditions.values],
    }
  },
  show: (row) => ({ ...row, vwap: divide(row.notional, row.quantity) }),
  shown: z.object({
    day: z.iso.date(),
    instrument: z.string(),
    currency: z.string(),
    trades: z.int(),
    executions: z.int(),
    quantity: sumDecimal,
    notional: sumDecimal,
    firstPrice: sumDecimal,
    highPrice: sumDecimal,
    lowPrice: sumDecimal,
    lastPrice: sumDecimal,
    vwap: sumDecimal,
  }),
})
