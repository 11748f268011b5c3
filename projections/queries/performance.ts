// performance: how strategies have done, from their closed trades. docs/explanation/performance.md has every definition, and where it is from.
import { z } from 'zod'
import { add, divide, isZero, negate } from '../../ledger/decimal.ts'
import { defined } from '../analytics/defined.ts'
import { sumDecimal } from '../views/sum.ts'
import { owner, span, strategy } from './parameters.ts'
import { defineQuery } from './query.ts'
import { sharpeRatio } from './sharpe-ratio.ts'
import { between, where } from './where.ts'

const OVER =
  'over (partition by c.owner, c.strategy, c.currency order by c.closed_at, c.trade_id rows between unbounded preceding and current row)'

export const performance = defineQuery({
  name: 'performance',
  summary: 'How strategies have done, by owner, strategy and currency: win rate, profit factor, maximum drawdown, Sharpe ratio',
  parameters: { owner, strategy, ...span('trades closed') },
  columns: {
    owner: 'text',
    strategy: 'text',
    currency: 'text',
    trades: 'integer',
    wins: 'integer',
    losses: 'integer',
    grossProfit: 'decimal',
    grossLoss: 'decimal',
    maxDrawdown: 'decimal',
    commission: 'decimal',
    dailyPnl: 'text',
  },
  orderBy: 'owner, strategy, currency',
  sql({ owner: of, strategy: by, from, to, limit }) {
    const conditions = where('closed_at is not null', ['owner = ?', of], ['strategy = ?', by], ...between('closed_at', from, to))
    return {
      // Drawdowns are looked for in the groups that are shown only: the others cost nothing.
      text: `with picked as (
               select owner, coalesce(strategy, '') as strategy, currency from trade_results ${conditions.text}
               group by owner, coalesce(strategy, ''), currency
               qualify row_number() over (order by owner, coalesce(strategy, ''), currency) <= ?
             ), closed as (
               select owner, coalesce(strategy, '') as strategy, currency, closed_at, trade_id, realised_pnl, commission
               from trade_results ${conditions.text}
             ), curve as (
               select c.owner, c.strategy, c.currency, c.closed_at, c.trade_id, c.realised_pnl, c.commission, sum(c.realised_pnl) ${OVER} as equity
               from closed c join picked p on c.owner = p.owner and c.strategy = p.strategy and c.currency = p.currency
             ), falls as (
               select c.owner, c.strategy, c.currency, c.closed_at, c.realised_pnl, c.commission,
                 greatest(max(c.equity) ${OVER}, 0) - c.equity as fall
               from curve c
             ), days as (
               select owner, strategy, currency, count(*) as trades,
                 sum(case when realised_pnl > 0 then 1 else 0 end) as wins, sum(case when realised_pnl < 0 then 1 else 0 end) as losses,
                 sum(case when realised_pnl > 0 then realised_pnl else 0 end) as profit,
                 sum(case when realised_pnl < 0 then realised_pnl else 0 end) as loss,
                 max(fall) as fall, sum(commission) as commission, sum(realised_pnl) as pnl
               from falls group by owner, strategy, currency, cast(closed_at as date)
             )
             select owner, strategy, currency, sum(trades) as trades, sum(wins) as wins, sum(losses) as losses, sum(profit) as gross_profit,
               sum(loss) as gross_loss, max(fall) as max_drawdown, sum(commission) as commission, listagg(cast(pnl as varchar), ' ') as daily_pnl
             from days group by owner, strategy, currency`,
      values: [...conditions.values, limit + 1, ...conditions.values],
    }
  },
  show({ owner: of, strategy: by, currency, trades, wins, losses, grossProfit, grossLoss, maxDrawdown, commission, dailyPnl }) {
    return defined({
      owner: of,
      strategy: by === '' ? undefined : by,
      currency,
      trades,
      realisedPnl: add(grossProfit, grossLoss),
      commission,
      wins,
      losses,
      winRate: divide(String(wins), String(trades)),
      grossProfit,
      grossLoss,
      profitFactor: isZero(grossLoss) ? undefined : divide(grossProfit, negate(grossLoss)),
      averageWin: wins === 0 ? undefined : divide(grossProfit, String(wins)),
      averageLoss: losses === 0 ? undefined : divide(grossLoss, String(losses)),
      maxDrawdown,
      sharpeRatio: sharpeRatio(dailyPnl.split(' ')),
    })
  },
  shown: z.object({
    owner: z.string(),
    strategy: z.string().optional(),
    currency: z.string(),
    trades: z.int(),
    realisedPnl: sumDecimal,
    commission: sumDecimal,
    wins: z.int(),
    losses: z.int(),
    winRate: sumDecimal,
    grossProfit: sumDecimal,
    grossLoss: sumDecimal,
    profitFactor: sumDecimal.optional(),
    averageWin: sumDecimal.optional(),
    averageLoss: sumDecimal.optional(),
    maxDrawdown: sumDecimal,
    sharpeRatio: sumDecimal.optional(),
  }),
})
