// Bars of an instrument, with the executions on them.
import { isGreater } from '../decimal.js'
import { barChart } from '../parts/bar-chart.js'
import { timeElement } from '../time.js'
import { entityLink } from '../parts/value.js'
import { figure, textIn, word } from './columns.js'
import { asked, instrument, owner, span } from './filters.js'

/** @import {Figure, Picture, Query, Row} from '../types.ts' */

const DAY_SECONDS = 86_400
const MINUTE_SECONDS = 60

/** @param {Query} query */
const secondsOf = (query) => (query['interval'] === 'minute' ? MINUTE_SECONDS : DAY_SECONDS)

/** @type {Picture} */
export const barsPicture = {
  name: 'bars',
  label: 'Bars',
  title: 'Bars, and the trades on them',
  explained:
    'A bar is hollow where the price closed at its open or above. ▲ bought, ▼ sold: the executions that stand, of the owner, or of all. A bar that was corrected is shown as it was known.',
  filters: [instrument, owner, { name: 'interval', label: 'interval', values: ['minute'], otherwise: 'day' }, ...span],
  needs: 'instrument',
  questions: (query) => [
    ['bars_as_of', { ...asked(span, query), owner: query['instrument'], interval: query['interval'] }],
    ['trade_history', asked([instrument, owner, ...span], query)],
  ],
  figures([bars, deals], query) {
    if (!bars || bars.data.length === 0) return []
    const inOrder = bars.data.toReversed()
    const end = Date.parse(String(inOrder.at(-1)?.['startAt'])) + secondsOf(query) * 1_000
    const isOnThem = ({ executedAt = '' }) => executedAt >= String(inOrder[0]?.['startAt']) && Date.parse(executedAt) < end
    const onThem = (deals?.data ?? []).filter((/** @type {Row} */ row) => isOnThem({ executedAt: textIn(row, 'executedAt') }))
    return [barsFigure(inOrder, onThem, query), ...(onThem.length > 0 ? [dealsFigure(onThem, query)] : [])]
  },
}

/** @param {readonly Row[]} bars @param {readonly Row[]} deals @param {Query} query @returns {Figure} */
function barsFigure(bars, deals, query) {
  const name = query['instrument']
  return {
    title: `${name}: bars`,
    summary: summaryOf(bars, deals),
    charts: [
      {
        label: `bars of ${name}, with ${deals.length} executions on them`,
        drawing: barChart(
          bars.map((row) => ({
            at: String(row['startAt']),
            open: textIn(row, 'open'),
            high: textIn(row, 'high'),
            low: textIn(row, 'low'),
            close: String(row['close']),
          })),
          deals.map((row) => ({ at: String(row['executedAt']), price: String(row['price']), isBuy: row['side'] === 'buy' })),
          secondsOf(query),
        ),
      },
    ],
    columns: [
      { label: 'begins', kind: 'when', cell: (row) => timeElement(String(row['startAt'])) },
      figure('open', 'open'),
      figure('high', 'high'),
      figure('low', 'low'),
      figure('close', 'close'),
      figure('volume', 'volume'),
      figure('version', 'version'),
      { label: 'flags', cell: (row) => String(row['flags'] ?? '').replaceAll(',', ', ') },
    ],
    rows: bars.toReversed(),
  }
}

/** @param {readonly Row[]} deals @param {Query} query @returns {Figure} */
const dealsFigure = (deals, query) => ({
  title: `${query['instrument']}: executions`,
  summary: `${deals.length} ${deals.length === 1 ? 'execution' : 'executions'}, the newest first.`,
  charts: [],
  columns: [
    { label: 'executed', kind: 'when', cell: (row) => timeElement(String(row['executedAt'])) },
    { label: 'trade', cell: (row) => entityLink(String(row['tradeId']), query['asOf']) },
    word('side', 'side'),
    figure('quantity', 'quantity'),
    figure('price', 'price'),
    figure('realisedPnl', 'realised P&L'),
  ],
  rows: deals,
})

/** @param {readonly Row[]} bars @param {readonly Row[]} deals */
function summaryOf(bars, deals) {
  const close = (/** @type {Row | undefined} */ row) => textIn(row ?? {}, 'close') ?? '0'
  const [lowest, highest] = [
    bars.reduce((least, row) => (isGreater(close(least), close(row)) ? row : least)),
    bars.reduce((most, row) => (isGreater(close(row), close(most)) ? row : most)),
  ]
  const bought = deals.filter((row) => row['side'] === 'buy').length
  return `${bars.length} bars from ${day(bars[0])} to ${day(bars.at(-1))}, closing between ${close(lowest)} and ${close(highest)}, at last at ${close(bars.at(-1))}. On them ${bought} bought, ${deals.length - bought} sold.`
}

/** @param {Row | undefined} row */
const day = (row) => String(row?.['startAt']).slice(0, 10)
