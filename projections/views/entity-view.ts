// A view of one kind's entities as they are: a document per entity, its state and when it became so.
import { z } from 'zod'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant } from '../../ledger/instant.ts'
import type { Kind } from '../../ledger/kind.ts'
import { defineProjection, ofEntity, type Columns, type Projection } from '../projection.ts'

const stamp = z.object({ entityId: z.string(), version: z.int(), recordedAt: keptInstant, effectiveAt: keptInstant })

type EntityDocument = Readonly<Record<string, unknown>> & { readonly owner: string }

interface EntityViewOptions {
  readonly name: string
  readonly summary: string
  readonly filters: readonly string[]
  /** Of every member of the state: tables have a column of each. */
  readonly columns?: Columns
}

const STAMP: Columns = { entityId: 'text', version: 'integer', recordedAt: 'instant', effectiveAt: 'instant' }

export const entityView = (kind: Kind, { name, summary, filters, columns }: EntityViewOptions): Projection =>
  defineProjection<string, EntityDocument>({
    name,
    version: 1,
    summary,
    kinds: [kind.kind],
    key: ofEntity,
    standalone: true,
    apply: (_, { state, entityId, version, recordedAt, effectiveAt }) =>
      ({ ...state, entityId, version, recordedAt, effectiveAt }) as unknown as EntityDocument,
    shown: z.intersection(kind.state, stamp),
    filters: ['owner', ...filters],
    spreadBy: { member: 'owner', of: ownerOf },
    ...(columns && { columns: { ...columns, ...STAMP }, clusterBy: ['owner', 'entityId'] }),
  })
