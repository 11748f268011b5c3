// A bar as a row: what is known of it, whichever of its versions that is. What the state calls `interval` and `start` is `period` and `startAt` here, since SQL has those words for itself.
import { z } from 'zod'
import { BAR_FLAGS, type BarState } from '../../ledger/entities/bar.ts'
import { keptDecimal } from '../../ledger/entities/kept.ts'
import { keptInstant, type Instant } from '../../ledger/instant.ts'
import type { ClusterKey, Columns, RecordOf } from '../projection.ts'

export interface BarRow extends Omit<BarState, 'interval' | 'start'> {
  readonly barId: string
  readonly version: number
  readonly period: BarState['interval']
  readonly startAt: Instant
  readonly recordedAt: Instant
}

export const barRow = ({ entityId, version, recordedAt, state: { interval, start, ...state } }: RecordOf<'bar'>): BarRow => ({
  ...state,
  barId: entityId,
  version,
  period: interval,
  startAt: start,
  recordedAt,
})

export const barShown = z.object({
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
  bid: keptDecimal.optional(),
  ask: keptDecimal.optional(),
  currency: z.string().optional(),
  source: z.string().optional(),
  revision: z.int().optional(),
  flags: z.array(z.enum(BAR_FLAGS)),
  previousBarId: z.string().optional(),
  missingDays: z.int().optional(),
  recordedAt: keptInstant,
})

export const BAR_COLUMNS: Columns<keyof BarRow> = {
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
  bid: 'decimal',
  ask: 'decimal',
  currency: 'text',
  source: 'text',
  revision: 'integer',
  flags: 'json',
  previousBarId: 'text',
  missingDays: 'integer',
  recordedAt: 'instant',
}

export const BAR_CLUSTER: readonly ClusterKey<keyof BarRow>[] = ['owner', { dayOf: 'startAt' }]
