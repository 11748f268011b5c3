// A table, which on a phone becomes a card per row. The roles are said, since styles that make cards of rows would take them away.
import { h } from '../h.js'

/** @import {Content} from '../h.js' */

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} label
 * @property {(row: Row) => Content} cell
 * @property {boolean} [numeric] Stands to the right, so that digits stand below each other.
 * @property {string} [kind] A class, for its width.
 */

/**
 * @template Row
 * @param {string} caption Read to those who do not see the page.
 * @param {readonly Column<Row>[]} columns
 * @param {readonly Row[]} rows
 * @param {string} [kind] A class, for what is its own on a phone.
 */
export function dataTable(caption, columns, rows, kind = '') {
  const classOf = (/** @type {Column<Row>} */ { numeric, kind }) => [numeric && 'number', kind].filter(Boolean).join(' ') || undefined
  return h(
    'table',
    { class: `data ${kind}`, role: 'table' },
    h('caption', { class: 'hidden' }, caption),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        columns.map((column) => h('th', { role: 'columnheader', scope: 'col', class: classOf(column) }, column.label)),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      rows.map((row) => tableRow(columns, row, classOf)),
    ),
  )
}

/**
 * @template Row
 * @param {readonly Column<Row>[]} columns
 * @param {Row} row
 * @param {(column: Column<Row>) => string | undefined} classOf
 */
const tableRow = (columns, row, classOf) =>
  h(
    'tr',
    { role: 'row' },
    columns.map((column) => h('td', { role: 'cell', class: classOf(column), 'data-label': column.label }, column.cell(row))),
  )
