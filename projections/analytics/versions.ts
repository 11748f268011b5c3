// The auditor's table: every version there is, a column per field of the record.
import { z } from 'zod'
import { kinds } from '../../ledger/entities/index.ts'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { defineProjection } from '../projection.ts'
import { versionKey } from '../views/document-key.ts'

interface Row extends Omit<VersionRecord, 'causationId'> {
  readonly owner: string
  readonly causationId?: string
  readonly data: JsonObject
  readonly state: JsonObject
}

export const versions = defineProjection<string, Row>({
  name: 'versions',
  version: 1,
  summary: 'Every version of every entity',
  kinds: Object.keys(kinds),
  key: versionKey,
  standalone: true,
  isNew: () => true,
  apply: (_, { causationId, ...record }) => ({
    owner: ownerOf(record.entityId),
    ...record,
    ...(causationId !== null && { causationId }),
  }),
  shown: z.object({
    owner: z.string(),
    entityId: z.string(),
    kind: z.string(),
    version: z.int(),
    event: z.string(),
    data: z.looseObject({}),
    state: z.looseObject({}),
    partition: z.int(),
    position: z.int(),
    commandId: z.string(),
    commandScope: z.string(),
    commandSeq: z.int(),
    commandSize: z.int(),
    actor: z.string(),
    correlationId: z.string(),
    causationId: z.string().optional(),
    recordedAt: keptInstant,
    effectiveAt: keptInstant,
    schemaVersion: z.int(),
  }),
  filters: ['owner'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: {
    owner: 'text',
    entityId: 'text',
    kind: 'text',
    version: 'integer',
    event: 'text',
    data: 'json',
    state: 'json',
    partition: 'integer',
    position: 'integer',
    commandId: 'text',
    commandScope: 'text',
    commandSeq: 'integer',
    commandSize: 'integer',
    actor: 'text',
    correlationId: 'text',
    causationId: 'text',
    recordedAt: 'instant',
    effectiveAt: 'instant',
    schemaVersion: 'integer',
  },
  clusterBy: ['entityId', { dayOf: 'recordedAt' }],
})
