// Who did what, and when it was known: a document per version of every kind.
import { z } from 'zod'
import { kinds } from '../../ledger/entities/index.ts'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { defineProjection } from '../projection.ts'
import { versionKey } from './document-key.ts'

interface AuditEntry {
  readonly owner: string
  readonly entityId: string
  readonly version: number
  readonly event: string
  readonly data: JsonObject
  readonly actor: string
  readonly commandId: string
  readonly correlationId: string
  readonly causationId: string | null
  readonly recordedAt: string
  readonly effectiveAt: string
}

export const auditTrail = defineProjection<string, AuditEntry>({
  name: 'audit_trail',
  version: 1,
  summary: 'Who did what, and when it was known: an entry for every version',
  kinds: Object.keys(kinds),
  key: versionKey,
  standalone: true,
  isNew: () => true,
  apply: (_, { entityId, version, event, data, actor, commandId, correlationId, causationId, recordedAt, effectiveAt }) => ({
    owner: ownerOf(entityId),
    entityId,
    version,
    event,
    data,
    actor,
    commandId,
    correlationId,
    causationId,
    recordedAt,
    effectiveAt,
  }),
  shown: z.object({
    owner: z.string(),
    entityId: z.string(),
    version: z.int(),
    event: z.string(),
    data: z.looseObject({}),
    actor: z.string(),
    commandId: z.string(),
    correlationId: z.string(),
    causationId: z.string().nullable(),
    recordedAt: keptInstant,
    effectiveAt: keptInstant,
  }),
  filters: ['owner', 'entityId', 'actor'],
  spreadBy: { member: 'owner', of: ownerOf },
})
