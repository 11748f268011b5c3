// versions_as_of: entities as they were known at an instant, by SQL alone, out of the auditor's table.
import { z } from 'zod'
import { kinds } from '../../ledger/entities/index.ts'
import { entityIdSchema } from '../../ledger/entity-id.ts'
import { keptInstant } from '../../ledger/instant.ts'
import { instantParam } from '../../ledger/request.ts'
import { owner } from './parameters.ts'
import { defineQuery } from './query.ts'
import { sqlInstant, where } from './where.ts'

export const versionsAsOf = defineQuery({
  name: 'versions_as_of',
  summary: 'Entities as they were known at an instant, by id',
  parameters: {
    asOf: instantParam.describe('As it was recorded by then'),
    owner,
    kind: z.enum(Object.keys(kinds)).optional().describe('Only of this kind'),
    entityId: entityIdSchema().optional().describe('Only this entity'),
  },
  columns: {
    entityId: 'text',
    kind: 'text',
    version: 'integer',
    event: 'text',
    state: 'json',
    recordedAt: 'instant',
    effectiveAt: 'instant',
  },
  orderBy: 'entity_id',
  sql({ asOf, owner: of, kind, entityId, limit }) {
    const conditions = where(
      ['recorded_at <= cast(? as timestamp)', sqlInstant(asOf)],
      ['owner = ?', of],
      ['kind = ?', kind],
      ['entity_id = ?', entityId],
    )
    return {
      // Ids first: states are read of those that are shown only.
      text: `with known as (
               select entity_id, max(version) as version from versions ${conditions.text} group by entity_id
               qualify row_number() over (order by entity_id) <= ?
             )
             select v.entity_id, v.kind, v.version, v.event, v.state, v.recorded_at, v.effective_at
             from versions v join known k on v.entity_id = k.entity_id and v.version = k.version`,
      values: [...conditions.values, limit + 1],
    }
  },
  shown: z.object({
    entityId: z.string(),
    kind: z.string(),
    version: z.int(),
    event: z.string(),
    state: z.looseObject({}),
    recordedAt: keptInstant,
    effectiveAt: keptInstant,
  }),
})
