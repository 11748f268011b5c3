// Positions: net quantity, cost and what was realised, a column per instrument, a picture per currency.
import { columnChart, MAX_COLUMNS } from '../parts/column-chart.js'
import { figure, groupsBy, saidIn, textIn, word } from './columns.js'
import { asked, instrument, owner, strategy } from './filters.js'

/** @import {Figure, Picture, Row} from '../types.ts' */

const filters = [owner, strategy, instrument]

/** @type {Picture} */
export const positionsPicture = {
  name: 'positions',
  label: 'Positions',
  title: 'Positions',
  explained:
    'From the executions that stand: what is held, what it has cost, and what was realised, by the average method. Below zero: sold short.',
  kind: 'trade',
  filters,
  questions: (query) => [['positions_as_of', asked(filters, query)]],
  figures: ([answer]) => groupsBy(answer?.data ?? [], 'currency').map(([currency, rows]) => figureOf(currency, rows)),
}

/** @param {string} currency @param {readonly Row[]} rows @returns {Figure} */
function figureOf(currency, rows) {
  const owners = new Set(rows.map((row) => row['owner']))
  const nameOf = (/** @type {Row} */ row) =>
    owners.size > 1 ? `${saidIn(row, 'owner')} ${saidIn(row, 'instrument')}` : saidIn(row, 'instrument')
  const chartOf = (/** @type {string} */ name, /** @type {string} */ label) => ({
    label,
    drawing: columnChart(
      'position',
      label,
      rows.map((row) => ({ name: nameOf(row), text: textIn(row, name) })),
    ),
  })
  return {
    title: `${currency}: positions`,
    summary: summaryOf(currency, rows),
    charts: [
      chartOf('netQuantity', 'net quantity'),
      chartOf('cost', `cost in ${currency}`),
      chartOf('realisedPnl', `realised P&L in ${currency}`),
    ],
    columns: [
      word('owner', 'owner'),
      word('instrument', 'instrument'),
      figure('netQuantity', 'net quantity'),
      figure('averageCost', 'average cost'),
      figure('cost', 'cost'),
      figure('realisedPnl', 'realised P&L'),
      figure('executions', 'executions'),
    ],
    rows,
  }
}

/** @param {string} currency @param {readonly Row[]} rows */
function summaryOf(currency, rows) {
  const sign = (/** @type {Row} */ row) => {
    const text = textIn(row, 'netQuantity') ?? '0'
    return text === '0' ? 'flat' : text.startsWith('-') ? 'short' : 'long'
  }
  const count = (/** @type {string} */ word) => rows.filter((row) => sign(row) === word).length
  const shown = rows.length > MAX_COLUMNS ? ` The first ${MAX_COLUMNS} are drawn.` : ''
  return `${rows.length} ${rows.length === 1 ? 'position' : 'positions'} in ${currency}: ${count('long')} long, ${count('short')} short, ${count('flat')} flat.${shown}`
}
