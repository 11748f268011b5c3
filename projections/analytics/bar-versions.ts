// Every version of every bar, so that bars can be asked for as they were known: a bar is corrected, and its earlier versions are what was seen then.
import { z } from 'zod'
import { BAR_FLAGS, type BarState } from '../../ledger/entities/bar.ts'
import { keptDecimal } from '../../ledger/entities/kept.ts'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant, type Instant } from '../../ledger/instant.ts'
import { defineProjection } from '../projection.ts'
import { versionKey } from '../views/document-key.ts'
import { defined } from './defined.ts'

interface Row extends Pick<BarState, 'owner' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'flags' | 'currency'> {
  readonly barId: string
  readonly version: number
  /** The state's interval and start, whose names mean something else in SQL. */
  readonly period: BarState['interval']
  readonly startAt: Instant
  readonly recordedAt: Instant
}

export const barVersions = defineProjection<'bar', Row>({
  name: 'bar_versions',
  version: 1,
  summary: 'Every version of every bar',
  kinds: ['bar'],
  key: versionKey,
  standalone: { isNew: () => true },
  apply(_, { entityId, version, recordedAt, state }) {
    const { owner, interval, start, open, high, low, close, volume, flags, currency } = state
    return defined({
      owner,
      barId: entityId,
      version,
      period: interval,
      startAt: start,
      open,
      high,
      low,
      close,
      volume,
      currency,
      flags,
      recordedAt,
    })
  },
  shown: z.object({
    owner: z.string(),
    barId: z.string(),
    version: z.int(),
    period: z.enum(['day', 'minute']),
    startAt: keptInstant,
    open: keptDecimal.optional(),
    high: keptDecimal.optional(),
    low: keptDecimal.optional(),
    close: keptDecimal,
    volume: keptDecimal,
    currency: z.string().optional(),
    flags: z.array(z.enum(BAR_FLAGS)),
    recordedAt: keptInstant,
  }),
  filters: ['owner', 'period'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: {
    owner: 'text',
    barId: 'text',
    version: 'integer',
    period: 'text',
    startAt: 'instant',
    open: 'decimal',
    high: 'decimal',
    low: 'decimal',
    close: 'decimal',
    volume: 'decimal',
    currency: 'text',
    flags: 'json',
    recordedAt: 'instant',
  },
  clusterBy: ['owner', { dayOf: 'startAt' }],
})
