// Execution by venue: slippage, latency and cost, a picture per currency.
import { isGreater } from '../decimal.js'
import { columnChart, MAX_COLUMNS } from '../parts/column-chart.js'
import { figure, groupsBy, textIn } from './columns.js'
import { asked, instrument, owner, span } from './filters.js'

/** @import {Figure, Picture, Row} from '../types.ts' */

const filters = [owner, instrument, ...span]
const NO_VENUE = 'not said'

/** @type {Picture} */
export const executionPicture = {
  name: 'execution',
  label: 'Slippage',
  title: 'Slippage, latency and cost by venue',
  explained:
    'Of the executions that stand. Slippage is against the expected price, above zero where it cost something; cost is slippage and commission.',
  kind: 'trade',
  filters,
  questions: (query) => [['execution_quality', { ...asked(filters, query), hours: 'false' }]],
  figures: ([answer]) => groupsBy(answer?.data ?? [], 'currency').map(([currency, rows]) => figureOf(currency, rows)),
}

/** @param {Row} row */
const venueOf = (row) => textIn(row, 'venue') ?? NO_VENUE

/** @param {string} currency @param {readonly Row[]} rows @returns {Figure} */
function figureOf(currency, rows) {
  const chartOf = (/** @type {string} */ name, /** @type {string} */ label) => ({
    label,
    drawing: columnChart(
      'venue',
      label,
      rows.map((row) => ({ name: venueOf(row), text: textIn(row, name) })),
    ),
  })
  return {
    title: `${currency}: execution by venue`,
    summary: summaryOf(currency, rows),
    charts: [
      chartOf('slippageBasisPoints', 'slippage in basis points'),
      chartOf('averageLatencyMs', 'average latency in ms'),
      chartOf('cost', `cost in ${currency}`),
    ],
    columns: [
      { label: 'venue', cell: venueOf },
      figure('executions', 'executions'),
      figure('notional', 'notional'),
      figure('averageSlippage', 'average slippage'),
      figure('slippageBasisPoints', 'slippage, bp'),
      figure('slippageCost', 'slippage cost'),
      figure('commission', 'commission'),
      figure('cost', 'cost'),
      figure('averageLatencyMs', 'average ms'),
      figure('maxLatencyMs', 'longest ms'),
    ],
    rows,
  }
}

/** @param {string} currency @param {readonly Row[]} rows */
function summaryOf(currency, rows) {
  const cost = (/** @type {Row} */ row) => textIn(row, 'cost') ?? '0'
  const dearest = rows.reduce((most, row) => (isGreater(cost(row), cost(most)) ? row : most))
  const shown = rows.length > MAX_COLUMNS ? ` The first ${MAX_COLUMNS} are drawn.` : ''
  return `${rows.length} ${rows.length === 1 ? 'venue' : 'venues'} in ${currency}; it cost most at ${venueOf(dearest)}: ${cost(dearest)} ${currency}.${shown}`
}
