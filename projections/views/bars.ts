// Every bar as it is, by instrument, interval and time: keys of one instrument and interval sort like time.
import { z } from 'zod'
import { bar, type BarState } from '../../ledger/entities/bar.ts'
import type { EntityId } from '../../ledger/entity-id.ts'
import { keptInstant } from '../../ledger/instant.ts'
import { defineProjection, isFirstOfEntity } from '../projection.ts'
import { documentKey, ownerOfKey } from './document-key.ts'

type BarDocument = BarState & {
  readonly entityId: EntityId
  readonly version: number
  readonly recordedAt: string
  readonly effectiveAt: string
}

export const bars = defineProjection<'bar', BarDocument>({
  name: 'bars',
  version: 1,
  summary: 'Every bar as it is, by instrument and time',
  kinds: ['bar'],
  key: ({ state: { owner, interval, start } }) => documentKey(owner, interval, start),
  standalone: true,
  isNew: isFirstOfEntity,
  apply: (_, { state, entityId, version, recordedAt, effectiveAt }) => ({ ...state, entityId, version, recordedAt, effectiveAt }),
  shown: z.intersection(bar.state, z.object({ entityId: z.string(), version: z.int(), recordedAt: keptInstant, effectiveAt: keptInstant })),
  filters: ['owner', 'interval'],
  spreadBy: { member: 'owner', of: ownerOfKey },
})
