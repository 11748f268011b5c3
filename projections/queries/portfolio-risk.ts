// portfolio_risk: what the view of the same name shows, its total too.
import type { JsonObject } from '../../ledger/json.ts'
import { riskTotal, portfolioRisk as view } from '../views/portfolio-risk.ts'
import { MAX_TOTAL_DOCUMENTS } from '../serving/view-total.ts'
import { instrument, owner } from './parameters.ts'
import { defineQuery } from './query.ts'
import { where } from './where.ts'

export const portfolioRisk = defineQuery({
  name: 'portfolio_risk',
  summary: view.summary,
  parameters: { owner, instrument },
  columns: { owner: 'text', instrument: 'text', netPosition: 'text', trades: 'integer', priced: 'integer', entryPrices: 'text' },
  orderBy: 'owner, instrument',
  sql({ owner: of, instrument: what }) {
    const conditions = where('owner is not null', ['owner = ?', of], ['instrument = ?', what])
    return {
      text: `select owner, instrument, net_position, trades, priced, entry_prices from portfolio_risk ${conditions.text}`,
      values: conditions.values,
    }
  },
  rows: ({ owner: of, limit }) => (of === undefined ? limit + 1 : MAX_TOTAL_DOCUMENTS),
  show: (row) => view.show(row as unknown as JsonObject),
  total: {
    of: (rows, { owner: of }) => (of === undefined || rows.length === MAX_TOTAL_DOCUMENTS ? undefined : riskTotal.of(rows)),
    shown: riskTotal.shown,
  },
  shown: view.shown,
})
