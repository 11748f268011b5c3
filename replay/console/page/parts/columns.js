// Which fields of a kind's states a list shows: those it can be filtered by, and the first others that most rows have.
import { isNested, plain } from './value.js'

/** @import {ConsoleKind, VersionRecord} from '../types.ts' */

const MAX_COLUMNS = 8

/**
 * @param {ConsoleKind} kind
 * @param {readonly VersionRecord[]} rows
 * @returns {readonly string[]} In the order of the kind's fields.
 */
export function columnsOf({ filters, fields }, rows) {
  const names = fields.map(({ name }) => name)
  const filtered = new Set(filters.map(({ name }) => name))
  // the owner stands in the id already; ids of others are long
  const others = names.filter((name) => name !== 'owner' && !filtered.has(name) && isCommon(name, rows))
  const chosen = new Set([...filtered, ...others.slice(0, Math.max(0, MAX_COLUMNS - filtered.size))])
  return names.filter((name) => chosen.has(name))
}

/** @param {string} name @param {readonly VersionRecord[]} rows */
function isCommon(name, rows) {
  const values = rows.map(({ state }) => state[name]).filter((value) => value !== undefined)
  return values.length * 2 > rows.length && !values.some((value) => isNested(value) || /^[a-z]+:.+:/.test(plain(value)))
}
