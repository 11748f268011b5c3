// Filters that several pictures have, and what is taken of them.

/** @import {Filter, Picture, Query} from '../types.ts' */

/** @type {Filter} */
export const owner = { name: 'owner', label: 'owner' }
/** @type {Filter} */
export const instrument = { name: 'instrument', label: 'instrument' }
/** @type {Filter} */
export const strategy = { name: 'strategy', label: 'strategy' }
/** @type {readonly Filter[]} */
export const span = [
  { name: 'from', label: 'from', isTime: true },
  { name: 'to', label: 'until before', isTime: true },
]

/** Of the address, what a query with these filters takes; all rows that it gives at once. @param {readonly Filter[]} filters @param {Query} query */
export const asked = (filters, query) => ({
  ...Object.fromEntries(filters.map(({ name }) => [name, query[name]])),
  asOf: query['asOf'],
  limit: '1000',
})
