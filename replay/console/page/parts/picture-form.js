// What a picture is of: its filters, and the instant at which it was known.
import { hrefOf } from '../router.js'
import { textOf, toInstant } from '../time.js'
import { choice, fieldsOf, filtersForm, textFilter } from './filters.js'

/** @import {Filter, Picture, Query} from '../types.ts' */

/** @type {Filter} */
const known = { name: 'asOf', label: 'known at', isTime: true, otherwise: 'now' }

/** @param {Picture} picture @param {(query: Query) => void} to */
export function pictureForm({ name: page, filters }, to) {
  const all = [...filters, known]
  const isTime = (/** @type {string} */ name) => all.some((filter) => filter.name === name && filter.isTime)
  const element = filtersForm(
    all.map(({ name, label, values, otherwise }) =>
      values ? choice(name, values, '', otherwise) : textFilter(name, label, '', otherwise),
    ),
    {
      label: 'Show',
      clear: hrefOf('pictures', page),
      ask: (given) => to(Object.fromEntries(Object.entries(given).map(([name, text]) => [name, isTime(name) ? toInstant(text) : text]))),
    },
  )
  return {
    element,
    /** @param {Query} query */
    stand(query) {
      for (const field of fieldsOf(element)) field.value = (isTime(field.name) ? textOf : String)(query[field.name] ?? '')
    },
  }
}
