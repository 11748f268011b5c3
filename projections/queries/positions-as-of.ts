// positions_as_of: what the view `positions` shows, out of executions, so at any instant. Amounts are of 18 decimals each, where the view's have all of their digits.
import type { z } from 'zod'
import { divide, isNegative, product } from '../../ledger/decimal.ts'
import { positions as view } from '../views/positions.ts'
import { sumDecimal } from '../views/sum.ts'
import { standing } from './known.ts'
import { asOf, instrument, owner, strategy } from './parameters.ts'
import { defineQuery } from './query.ts'
import { where } from './where.ts'

export const positionsAsOf = defineQuery({
  name: 'positions_as_of',
  summary: 'Positions as they were known at an instant: net quantity, cost and realised profit per owner, instrument and currency',
  parameters: { owner, instrument, strategy, asOf },
  columns: {
    owner: 'text',
    instrument: 'text',
    currency: 'text',
    boughtQuantity: 'decimal',
    boughtAmount: 'decimal',
    soldQuantity: 'decimal',
    soldAmount: 'decimal',
    commission: 'decimal',
    executions: 'integer',
  },
  orderBy: 'owner, instrument, currency',
  sql({ owner: of, instrument: what, strategy: by, asOf: known }) {
    const conditions = where('amount is not null', ...standing(known), ['owner = ?', of], ['instrument = ?', what], ['strategy = ?', by])
    return {
      text: `select owner, instrument, currency,
               sum(case when side = 'buy' then quantity else 0 end) as bought_quantity,
               sum(case when side = 'buy' then amount else 0 end) as bought_amount,
               sum(case when side = 'buy' then 0 else quantity end) as sold_quantity,
               sum(case when side = 'buy' then 0 else amount end) as sold_amount,
               coalesce(sum(commission), 0) as commission, count(*) as executions
             from executions ${conditions.text} group by owner, instrument, currency`,
      values: conditions.values,
    }
  },
  show({ boughtQuantity, boughtAmount, soldQuantity, soldAmount, ...row }) {
    const [bought, sold] = [
      { quantity: boughtQuantity, amount: boughtAmount },
      { quantity: soldQuantity, amount: soldAmount },
    ]
    const shown = view.show({ ...row, bought, sold })
    const netQuantity = String(shown['netQuantity'] as string)
    const side = isNegative(netQuantity) ? sold : bought
    return { ...shown, cost: netQuantity === '0' ? '0' : divide(product(side.amount, netQuantity), side.quantity) }
  },
  shown: (view.shown as z.ZodObject).extend({ cost: sumDecimal }),
})
