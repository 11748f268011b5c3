// P&L and drawdown over time, a picture per currency.
import { heightOf, isGreater } from '../decimal.js'
import { lineChart } from '../parts/line-chart.js'
import { figure, groupsBy, saidIn, textIn, word } from './columns.js'
import { asked, instrument, owner, span, strategy } from './filters.js'

/** @import {Figure, Picture, Row} from '../types.ts' */

const filters = [owner, strategy, instrument, ...span]

/** @type {Picture} */
export const pnlPicture = {
  name: 'pnl',
  label: 'P&L',
  title: 'P&L and drawdown',
  explained:
    'Realised profit and loss, booked at the running average cost on the day of execution, summed up from the first day shown; below zero, how far that is under its peak.',
  kind: 'trade',
  filters,
  questions: (query) => [['pnl_by_day', asked(filters, query)]],
  figures: ([answer]) => groupsBy(answer?.data ?? [], 'currency').map(([currency, rows]) => figureOf(currency, rows)),
}

/** @param {string} currency @param {readonly Row[]} rows @returns {Figure} */
function figureOf(currency, rows) {
  const texts = (/** @type {string} */ name) => rows.map((row) => textIn(row, name) ?? '0')
  const [days, cumulated, drawdowns] = [texts('day'), texts('cumulatedPnl'), texts('drawdown')]
  return {
    title: `${currency}: cumulated P&L`,
    summary: summaryOf(currency, rows),
    charts: [
      {
        label: `P&L and drawdown in ${currency} by day`,
        drawing: lineChart(days, [
          { name: 'P&L', texts: cumulated, heights: cumulated.map(heightOf) },
          { name: 'drawdown', texts: drawdowns, heights: drawdowns.map((text) => -Number(text)), filled: true },
        ]),
      },
    ],
    columns: [
      word('day', 'day'),
      figure('realisedPnl', 'P&L of the day'),
      figure('cumulatedPnl', 'P&L by then'),
      figure('drawdown', 'drawdown'),
    ],
    rows,
  }
}

/** @param {string} currency @param {readonly Row[]} rows */
function summaryOf(currency, rows) {
  const drawdown = (/** @type {Row} */ row) => textIn(row, 'drawdown') ?? '0'
  const deepest = rows.reduce((most, row) => (isGreater(drawdown(row), drawdown(most)) ? row : most))
  const last = rows.at(-1)
  const fall =
    drawdown(deepest) === '0'
      ? 'It was never below its peak.'
      : `At most ${drawdown(deepest)} below its peak, on ${saidIn(deepest, 'day')}.`
  return `${saidIn(last, 'cumulatedPnl')} ${currency} from ${saidIn(rows[0], 'day')} to ${saidIn(last, 'day')}. ${fall}`
}
