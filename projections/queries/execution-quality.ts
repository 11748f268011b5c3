// execution_quality: what executions cost, and how long they took, by venue and hour of the day (UTC).
import { z } from 'zod'
import { add, divide, isZero, product, type Decimal } from '../../ledger/decimal.ts'
import { defined } from '../analytics/defined.ts'
import { sumDecimal } from '../views/sum.ts'
import { standing } from './known.ts'
import { asOf, instrument, owner, span } from './parameters.ts'
import { defineQuery } from './query.ts'
import { between, where } from './where.ts'

const BASIS_POINTS = '10000'

const average = (sum: Decimal, count: number): Decimal | undefined => (count === 0 ? undefined : divide(sum, String(count)))

export const executionQuality = defineQuery({
  name: 'execution_quality',
  summary: 'Slippage, latency and cost of executions, by venue, currency and hour of the day (UTC)',
  parameters: {
    owner,
    instrument,
    asOf,
    ...span('executed'),
    hours: z.enum(['true', 'false']).default('true').describe('Whether hours of the day are told apart'),
  },
  columns: {
    venue: 'text',
    currency: 'text',
    hour: 'integer',
    executions: 'integer',
    notional: 'decimal',
    expected: 'integer',
    expectedNotional: 'decimal',
    slippage: 'decimal',
    slippageCost: 'decimal',
    commission: 'decimal',
    timed: 'integer',
    latencyMs: 'decimal',
    maxLatencyMs: 'integer',
  },
  orderBy: 'venue nulls last, currency, hour',
  sql({ owner: of, instrument: what, asOf: known, from, to, hours }) {
    const conditions = where(...standing(known), ['owner = ?', of], ['instrument = ?', what], ...between('executed_at', from, to))
    const hour = hours === 'true' ? 'extract(hour from executed_at)' : 'cast(null as integer)'
    return {
      text: `with standing as (
               select venue, currency, ${hour} as hour, amount, slippage, slippage_cost, commission, latency_ms
               from executions ${conditions.text}
             )
             select venue, currency, hour, count(*) as executions, coalesce(sum(amount), 0) as notional, count(slippage) as expected,
               coalesce(sum(case when slippage_cost is null then 0 else amount end), 0) as expected_notional,
               coalesce(sum(slippage), 0) as slippage, coalesce(sum(slippage_cost), 0) as slippage_cost,
               coalesce(sum(commission), 0) as commission, count(latency_ms) as timed,
               cast(coalesce(sum(latency_ms), 0) as decimal(38, 0)) as latency_ms, max(latency_ms) as max_latency_ms
             from standing group by venue, currency, hour`,
      values: conditions.values,
    }
  },
  show: ({ venue, currency, hour, executions, notional, expected, expectedNotional, slippage, slippageCost, commission, ...took }) =>
    defined({
      venue: venue as string | undefined,
      currency,
      hour: hour as number | undefined,
      executions,
      notional,
      averageSlippage: average(slippage, expected),
      slippageCost,
      slippageBasisPoints: isZero(expectedNotional) ? undefined : divide(product(slippageCost, BASIS_POINTS), expectedNotional),
      commission,
      cost: add(slippageCost, commission),
      averageLatencyMs: average(took.latencyMs, took.timed),
      maxLatencyMs: took.maxLatencyMs as number | undefined,
    }),
  shown: z.object({
    venue: z.string().optional(),
    currency: z.string(),
    hour: z.int().optional(),
    executions: z.int(),
    notional: sumDecimal,
    averageSlippage: sumDecimal.optional(),
    slippageCost: sumDecimal,
    slippageBasisPoints: sumDecimal.optional(),
    commission: sumDecimal,
    cost: sumDecimal,
    averageLatencyMs: sumDecimal.optional(),
    maxLatencyMs: z.int().optional(),
  }),
})
