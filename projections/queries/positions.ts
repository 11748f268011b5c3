// positions: what the view of the same name shows.
import type { JsonObject } from '../../ledger/json.ts'
import { positions as view } from '../views/positions.ts'
import { instrument, owner } from './parameters.ts'
import { defineQuery } from './query.ts'
import { where } from './where.ts'

export const positions = defineQuery({
  name: 'positions',
  summary: view.summary,
  parameters: { owner, instrument },
  columns: {
    owner: 'text',
    instrument: 'text',
    currency: 'text',
    bought: 'json',
    sold: 'json',
    commission: 'text',
    executions: 'integer',
  },
  orderBy: 'owner, instrument, currency',
  sql({ owner: of, instrument: what }) {
    const conditions = where('owner is not null', ['owner = ?', of], ['instrument = ?', what])
    return {
      text: `select owner, instrument, currency, bought, sold, commission, executions from positions ${conditions.text}`,
      values: conditions.values,
    }
  },
  show: (row) => view.show(row as unknown as JsonObject),
  shown: view.shown,
})
