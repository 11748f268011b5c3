// The differences between two states, a row each: what was added, removed or changed, with the value before and after.
import { h } from '../h.js'
import { dataTable } from './table.js'
import { fieldsAt } from './order.js'
import { anyValue, isNested } from './value.js'

/** @import {Change} from '../types.ts' */
/** @import {Content} from '../h.js' */
/** @import {Look} from './value.js' */

const WORDS = /** @type {const} */ ({ added: '+', removed: '−', changed: '±' })

/** @param {Change} change @returns {keyof typeof WORDS} */
export const sortOf = (change) => (!('before' in change) ? 'added' : !('after' in change) ? 'removed' : 'changed')

/** @param {readonly Change[]} changes @param {Look} look Fields: of the state. */
export function changesTable(changes, look) {
  if (changes.length === 0) return h('p', { class: 'empty' }, 'The states are the same.')
  return dataTable(
    'changes',
    [
      { label: 'change', kind: 'sort', cell: (change) => mark(sortOf(change)) },
      { label: 'path', kind: 'path', cell: ({ path }) => h('code', {}, path === '' ? 'the whole' : path) },
      { label: 'before', kind: 'before', cell: (change) => side(change, 'before', look) },
      { label: 'after', kind: 'after', cell: (change) => side(change, 'after', look) },
    ],
    changes,
  )
}

/** @param {keyof typeof WORDS} sort */
const mark = (sort) => h('span', { class: `mark ${sort}` }, h('span', { 'aria-hidden': 'true' }, WORDS[sort]), ` ${sort}`)

/** @param {Change} change @param {'before' | 'after'} name @param {Look} look @returns {Content} */
function side(change, name, { fields = [], ...look }) {
  const value = change[name]
  if (value === undefined) return h('span', { class: 'none' }, 'nothing')
  // "30" and 30 would look the same
  if (isAmbiguous(change) && !isNested(value)) return JSON.stringify(value)
  return anyValue(value, { ...look, fields: fieldsAt(change.path, fields) })
}

/** @param {Change} change */
const isAmbiguous = ({ before, after }) => before !== undefined && after !== undefined && typeof before !== typeof after

/** `2 changed, 1 added`. @param {readonly Change[]} changes */
export const countOf = (changes) => [...Map.groupBy(changes, sortOf)].map(([sort, of]) => `${of.length} ${sort}`).join(', ')
