// bars_as_of: bars as they were known at an instant, the newest first.
import { z } from 'zod'
import { ownerSchema } from '../../ledger/entity-id.ts'
import { barShown } from '../analytics/bar-row.ts'
import { recordedBy } from './known.ts'
import { asOf, span } from './parameters.ts'
import { defineQuery } from './query.ts'
import { between, where } from './where.ts'

export const barsAsOf = defineQuery({
  name: 'bars_as_of',
  summary: 'Bars as they were known at an instant, the newest first',
  parameters: {
    owner: ownerSchema.optional().describe('Only of this instrument, which owns its bars'),
    interval: z.enum(['day', 'minute']).default('day').describe('How long each bar is'),
    asOf,
    ...span('bars that begin'),
  },
  columns: {
    owner: 'text',
    startAt: 'instant',
    open: 'decimal',
    high: 'decimal',
    low: 'decimal',
    close: 'decimal',
    volume: 'decimal',
    currency: 'text',
    flags: 'json',
    version: 'integer',
    recordedAt: 'instant',
  },
  orderBy: 'start_at desc, owner',
  sql({ owner, interval, asOf: known, from, to }) {
    const conditions = where(['owner = ?', owner], ['period = ?', interval], recordedBy(known), ...between('start_at', from, to))
    return {
      text: `select owner, start_at, open, high, low, close, volume, currency, flags, version, recorded_at from bar_versions ${conditions.text}
             qualify row_number() over (partition by bar_id order by version desc) = 1`,
      values: conditions.values,
    }
  },
  shown: barShown.omit({
    barId: true,
    period: true,
    bid: true,
    ask: true,
    source: true,
    revision: true,
    previousBarId: true,
    missingDays: true,
  }),
})
