// What a state holds, as people read it. Texts and decimals stand as they came: nothing here makes a number of them.
import { h } from '../h.js'
import { hrefOf } from '../router.js'
import { ordered } from './order.js'
import { dataTable } from './table.js'

/** @import {ConsoleField} from '../../kinds.ts' */
/** @import {Content} from '../h.js' */
/** @import {JsonObject, JsonValue} from '../types.ts' */

/** Rows of a list that are shown at first. */
const SHOWN_ROWS = 50
const DECIMAL = /^-?\d+(\.\d+)?$/
const ENTITY_ID = /^([a-z][a-z0-9]*):[A-Za-z0-9._~@-]+:[A-Za-z0-9._~@-]+$/

/**
 * @typedef {object} Look
 * @property {readonly string[]} kinds Whose ids become links.
 * @property {string | undefined} [asOf] To entities as they were known then.
 * @property {readonly ConsoleField[]} [fields] The order of an object's members.
 */

/** An object; or a list, whose members are its items. @param {JsonValue | undefined} value @returns {value is JsonObject} */
export const isNested = (value) => typeof value === 'object' && value !== null
/** @param {JsonValue} value @returns {value is readonly JsonValue[]} */
const isList = (value) => Array.isArray(value)
/** A text as it is, anything else as JSON. @param {JsonValue} value @returns {string} */
export const plain = (value) => (typeof value === 'string' ? value : JSON.stringify(value))
/** Nothing is no reason against digits below each other. @param {JsonValue | undefined} value */
export const isNumeric = (value) => value === undefined || value === null || DECIMAL.test(plain(value))

/** @param {string} id @param {string} [asOf] */
export const entityLink = (id, asOf) => h('a', { class: 'id', href: hrefOf('entity', id, { asOf }) }, id)

/** @param {JsonValue | undefined} value @param {Look} look @returns {Content} */
export function scalar(value, { kinds, asOf }) {
  if (value === undefined) return undefined
  if (value === null || value === '') return h('span', { class: 'none' }, value === null ? 'null' : 'empty')
  if (typeof value !== 'string') return plain(value)
  const kind = ENTITY_ID.exec(value)?.[1]
  return kind !== undefined && kinds.includes(kind) ? entityLink(value, asOf) : value
}

/** @param {JsonValue | undefined} value @param {Look} look @param {string} [name] What it is called. @returns {Content} */
export function anyValue(value, look, name = 'list') {
  if (!isNested(value)) return scalar(value, look)
  if (Object.keys(value).length === 0) return h('span', { class: 'none' }, 'none')
  if (!isList(value)) return fieldList(value, look)
  return value.some(isNested) ? rowsOf(value, look, name) : value.map((one, n) => [n > 0 && ', ', scalar(one, look)])
}

/**
 * The members of an object: scalars side by side, then what is nested, each on a line of its own.
 * @param {JsonObject} object
 * @param {Look} look
 * @param {ReadonlySet<string>} [changed] Members to mark.
 */
export function fieldList(object, look, changed = new Set()) {
  const members = ordered(object, look.fields)
  if (members.length === 0) return h('p', { class: 'none' }, 'nothing')
  const isWide = (/** @type {JsonValue | undefined} */ value) => isNested(value) && Object.keys(value).length > 0
  return h(
    'dl',
    { class: 'fields' },
    members
      .toSorted(([, a], [, b]) => Number(isWide(a)) - Number(isWide(b)))
      .map(([name, value, fields]) => {
        const isChanged = changed.has(name)
        return h(
          'div',
          { class: [isWide(value) && 'wide', isChanged && 'changed'].filter(Boolean).join(' ') },
          h('dt', {}, name, isChanged && h('span', { class: 'hidden' }, ' (changed by this version)')),
          h('dd', {}, anyValue(value, { ...look, fields }, name)),
        )
      }),
  )
}

/** A list of objects as a table. @param {readonly JsonValue[]} list @param {Look} look @param {string} called */
function rowsOf(list, look, called) {
  const rows = list.map(
    (row) => new Map(isNested(row) ? ordered(row, look.fields).map(([name, value]) => [name, value]) : [['value', row]]),
  )
  const names = ordered(Object.fromEntries(rows.flatMap((row) => [...row])), look.fields).map(([name]) => name)
  const columns = names.map((name) => ({
    label: name,
    numeric: rows.every((row) => isNumeric(row.get(name))),
    cell: (/** @type {ReadonlyMap<string, JsonValue | undefined>} */ row) => {
      const value = row.get(name)
      return isNested(value) ? compact(value, look.fields?.find((field) => field.name === name)?.fields) : scalar(value, look)
    },
  }))
  const table = (/** @type {typeof rows} */ some) =>
    h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': called }, dataTable(called, columns, some))
  if (rows.length <= SHOWN_ROWS) return table(rows)
  const place = h('div', {}, table(rows.slice(0, SHOWN_ROWS)))
  place.append(h('button', { type: 'button', class: 'turn', onclick: () => place.replaceChildren(table(rows)) }, `Show all ${rows.length}`))
  return place
}

/** `bid 185.38 · ask 185.41`: an object in a line. @param {JsonObject} object @param {readonly ConsoleField[]} [fields] @returns {string} */
export const compact = (object, fields) =>
  ordered(object, fields)
    .map(([name, value]) => `${name} ${isNested(value) || value === undefined ? '…' : plain(value)}`)
    .join(' · ')
