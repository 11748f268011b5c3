// Ticket flow: how long tickets are in which status, and how many are now.
import { isGreater } from '../decimal.js'
import { duration } from '../figures.js'
import { columnChart } from '../parts/column-chart.js'
import { figure, saidIn, textIn, word } from './columns.js'
import { asked, owner } from './filters.js'

/** @import {Figure, Picture, Row} from '../types.ts' */

const HOUR_SECONDS = 3_600
/** What is closed waits for nothing. */
const END = 'closed'
const filters = [owner, { name: 'priority', label: 'priority' }]

/** @type {Picture} */
export const ticketsPicture = {
  name: 'tickets',
  label: 'Tickets',
  title: 'Ticket flow',
  explained: 'How long tickets are in which status, each time that they come into it; a time that goes on counts up to the newest version.',
  kind: 'ticket',
  filters,
  questions: (query) => [['ticket_flow', asked(filters, query)]],
  figures: ([answer]) => (answer && answer.data.length > 0 ? [figureOf(answer.data)] : []),
}

/** @param {Row} row @param {string} name */
const hours = (row, name) => Number(row[name]) / HOUR_SECONDS
/** @param {Row} row @param {string} name */
const told = (row, name) => duration(Number(row[name]))

/** @param {readonly Row[]} rows @returns {Figure} */
function figureOf(rows) {
  const hoursChart = (/** @type {string} */ name, /** @type {string} */ label) => ({
    label,
    drawing: columnChart(
      'status',
      label,
      waiting(rows).map((row) => ({ name: String(row['status']), text: told(row, name), height: hours(row, name) })),
    ),
  })
  return {
    title: 'Time in each status',
    summary: summaryOf(rows),
    charts: [
      hoursChart('averageSeconds', 'average hours'),
      hoursChart('longestSeconds', 'longest hours'),
      {
        label: 'tickets in it now',
        drawing: columnChart(
          'status',
          'tickets in it now',
          rows.map((row) => ({ name: String(row['status']), text: textIn(row, 'open') })),
        ),
      },
    ],
    columns: [
      word('status', 'status'),
      figure('spells', 'times'),
      figure('open', 'in it now'),
      figure('averageSeconds', 'average seconds'),
      { label: 'which is', numeric: true, cell: (row) => told(row, 'averageSeconds') },
      figure('longestSeconds', 'longest seconds'),
      figure('totalSeconds', 'seconds in all'),
    ],
    rows,
  }
}

/** @param {readonly Row[]} rows */
const waiting = (rows) => rows.filter((row) => row['status'] !== END)

/** @param {readonly Row[]} rows */
function summaryOf(rows) {
  const average = (/** @type {Row} */ row) => textIn(row, 'averageSeconds') ?? '0'
  const [first, ...others] = waiting(rows)
  const longest = first && others.reduce((most, row) => (isGreater(average(row), average(most)) ? row : most), first)
  const now = `${rows.map((row) => `${saidIn(row, 'open')} ${saidIn(row, 'status')}`).join(', ')} now.`
  return longest ? `Longest in ${saidIn(longest, 'status')}: ${told(longest, 'averageSeconds')} on average. ${now}` : now
}
