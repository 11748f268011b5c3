// Every signal as it is, by the id that trades name it with.
import { z } from 'zod'
import { keptDecimal } from '../../ledger/entities/kept.ts'
import type { SignalState } from '../../ledger/entities/signal.ts'
import { localOf, ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant, type Instant } from '../../ledger/instant.ts'
import { defineProjection, ofEntity } from '../projection.ts'

type Row = SignalState & {
  /** The local part of its id: what trades say in `signalId`. */
  readonly signalId: string
  readonly entityId: string
  readonly version: number
  readonly recordedAt: Instant
  readonly effectiveAt: Instant
}

export const signals = defineProjection<'signal', Row>({
  name: 'signals',
  version: 1,
  summary: 'Every signal as it is: what a strategy expects, how sure it is, and until when',
  kinds: ['signal'],
  key: ofEntity,
  standalone: true,
  apply: (_, { entityId, version, state, recordedAt, effectiveAt }) => ({
    ...state,
    signalId: localOf(entityId),
    entityId,
    version,
    recordedAt,
    effectiveAt,
  }),
  shown: z.object({
    owner: z.string(),
    signalId: z.string(),
    instrument: z.string(),
    side: z.enum(['buy', 'sell']),
    confidence: keptDecimal,
    strategy: z.string().optional(),
    indicators: z.looseObject({}),
    price: keptDecimal.optional(),
    targetPrice: keptDecimal.optional(),
    expectedMove: keptDecimal.optional(),
    horizonAt: keptInstant.optional(),
    expiresAt: keptInstant,
    status: z.enum(['open', 'expired', 'cancelled']),
    entityId: z.string(),
    version: z.int(),
    recordedAt: keptInstant,
    effectiveAt: keptInstant,
  }),
  filters: ['owner', 'instrument', 'status'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: {
    owner: 'text',
    signalId: 'text',
    instrument: 'text',
    side: 'text',
    confidence: 'decimal',
    strategy: 'text',
    indicators: 'json',
    price: 'decimal',
    targetPrice: 'decimal',
    expectedMove: 'decimal',
    horizonAt: 'instant',
    expiresAt: 'instant',
    status: 'text',
    entityId: 'text',
    version: 'integer',
    recordedAt: 'instant',
    effectiveAt: 'instant',
  },
  clusterBy: ['owner', { dayOf: 'effectiveAt' }],
})
