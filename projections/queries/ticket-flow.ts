// ticket_flow: how long tickets are in which status. A spell that goes on is counted up to the newest version there is.
import { z } from 'zod'
import { divide, type Decimal } from '../../ledger/decimal.ts'
import { textSchema } from '../../ledger/text.ts'
import { sumDecimal } from '../views/sum.ts'
import { recordedBy } from './known.ts'
import { asOf, owner } from './parameters.ts'
import { defineQuery } from './query.ts'
import { where } from './where.ts'

const SECOND_MICROS = '1000000'
const seconds = (micros: Decimal): Decimal => divide(micros, SECOND_MICROS)

export const ticketFlow = defineQuery({
  name: 'ticket_flow',
  summary: 'How long tickets are in which status: how often, how many are now, seconds in all, on average, at longest',
  parameters: { owner, asOf, priority: textSchema().optional().describe('Only tickets that had this priority then') },
  columns: { status: 'text', spells: 'integer', open: 'integer', micros: 'decimal', longestMicros: 'decimal' },
  orderBy: 'status',
  sql({ owner: of, asOf: known, priority }) {
    const own = where(recordedBy(known), ['owner = ?', of])
    const all = where(recordedBy(known))
    const conditions = where(['priority = ?', priority])
    return {
      text: `with spells as (
               select status, priority, entered_at, lead(entered_at) over (partition by ticket_id order by version) as left_at
               from ticket_states ${own.text}
             ), newest as (
               select max(recorded_at) as newest_at from versions ${all.text}
             ), measured as (
               select s.status, s.left_at,
                 greatest(datediff('microsecond', s.entered_at, coalesce(s.left_at, n.newest_at)), 0) as micros
               from spells s cross join newest n ${conditions.text}
             )
             select status, count(*) as spells, sum(case when left_at is null then 1 else 0 end) as open,
               cast(sum(micros) as decimal(38, 0)) as micros, cast(max(micros) as decimal(38, 0)) as longest_micros
             from measured group by status`,
      values: [...own.values, ...all.values, ...conditions.values],
    }
  },
  show: ({ status, spells, open, micros, longestMicros }) => ({
    status,
    spells,
    open,
    totalSeconds: seconds(micros),
    averageSeconds: divide(seconds(micros), String(spells)),
    longestSeconds: seconds(longestMicros),
  }),
  shown: z.object({
    status: z.string(),
    spells: z.int(),
    open: z.int(),
    totalSeconds: sumDecimal,
    averageSeconds: sumDecimal,
    longestSeconds: sumDecimal,
  }),
})
