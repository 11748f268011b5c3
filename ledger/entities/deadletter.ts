// A version that a view leaves out, because a person said so: the projection could not apply it. `deadletter:SINK:VIEW.PARTITION.POSITION`, so that whoever builds the view anew leaves it out too.
import { z } from 'zod'
import { ownerSchema } from '../entity-id.ts'
import type { Kind } from '../kind.ts'
import { textSchema } from '../text.ts'

const skipped = z
  .strictObject({
    /** The sink's name. */
    owner: ownerSchema,
    view: textSchema(),
    partition: z.int().nonnegative(),
    position: z.int().positive(),
    entityId: textSchema(),
    version: z.int().positive(),
    error: textSchema().optional(),
    reason: textSchema(),
  })
  .readonly()

export type DeadLetterState = z.infer<typeof skipped>

export const deadletter: Kind<DeadLetterState> = {
  kind: 'deadletter',
  plural: 'deadletters',
  schemaVersion: 1,
  upcasters: {},
  state: skipped,
  events: { VersionSkipped: skipped },
  evolve: (state, { data }) => state ?? (data as DeadLetterState),
  filters: ['view'],
  example: 'deadletter:postgres:positions.3.120',
}
