// Columns of figures, as they are in the answer.

/** @import {Column} from '../parts/table.js' */
/** @import {Row} from '../types.ts' */

/** @param {string} name @param {string} label @returns {Column<Row>} */
export const word = (name, label) => ({ label, cell: (row) => textIn(row, name) })
/** @param {string} name @param {string} label @returns {Column<Row>} */
export const figure = (name, label) => ({ label, numeric: true, cell: (row) => textIn(row, name) })

/** A figure as text. @param {Row} row @param {string} name */
export const textIn = (row, name) => (row[name] === undefined ? undefined : String(row[name]))

/** The same, or nothing. @param {Row | undefined} row @param {string} name */
export const saidIn = (row, name) => (row && textIn(row, name)) ?? ''

/** Rows by what they have in a column, each in its order. @param {readonly Row[]} rows @param {string} name */
export const groupsBy = (rows, name) => [...Map.groupBy(rows, (row) => saidIn(row, name))]
