// recorded_instants: stops on the way through what was recorded, from the first version to the newest: each instant at which something was, or, where that are many, some of them, with as many
// versions between any two.
import { z } from 'zod'
import { kinds } from '../../ledger/entities/index.ts'
import { keptInstant } from '../../ledger/instant.ts'
import { owner } from './parameters.ts'
import { defineQuery } from './query.ts'
import { where } from './where.ts'

/** As many as a hand on a slider can tell apart. */
const STOPS = 200

export const recordedInstants = defineQuery({
  name: 'recorded_instants',
  summary: `Instants to ask about, from the first version to the newest: up to ${STOPS}, with as many versions between any two`,
  parameters: { owner, kind: z.enum(Object.keys(kinds)).optional().describe('Only versions of this kind') },
  columns: { recordedAt: 'instant' },
  orderBy: 'recorded_at',
  sql({ owner: of, kind }) {
    const conditions = where(['owner = ?', of], ['kind = ?', kind])
    return {
      text: `with parts as (
               select recorded_at, ntile(${STOPS - 1}) over (order by recorded_at) as part from versions ${conditions.text}
             )
             select min(recorded_at) as recorded_at from parts group by part
             union select max(recorded_at) as recorded_at from parts having count(*) > 0`,
      values: conditions.values,
    }
  },
  shown: z.object({ recordedAt: keptInstant }),
})
