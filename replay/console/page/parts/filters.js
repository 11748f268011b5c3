// The form that says what a list or a picture is of: a field per filter, empty where anything will do.
import { form, h } from '../h.js'

/** @import {Query} from '../types.ts' */

/**
 * @param {readonly HTMLElement[]} fields
 * @param {{ readonly label: string, readonly clear: string, readonly ask: (given: Query) => void }} how `clear`: where there are no filters.
 */
export function filtersForm(fields, { label, clear, ask }) {
  const element = form(
    { class: 'card filters', 'aria-label': 'Filters' },
    () => ask(Object.fromEntries(fieldsOf(element).map((field) => [field.name, field.value.trim()]))),
    fields,
    h('button', {}, label),
    h('a', { class: 'button quiet', href: clear }, 'Clear'),
  )
  return element
}

/** @param {HTMLFormElement} element */
export const fieldsOf = (element) => [...element.elements].filter(isField)

/** @param {Element} element @returns {element is HTMLInputElement | HTMLSelectElement} */
const isField = (element) => element instanceof HTMLInputElement || element instanceof HTMLSelectElement

/** @param {string} name @param {string} label @param {string} [value] @param {string} [placeholder] */
export const textFilter = (name, label, value = '', placeholder = 'any') =>
  h('label', { class: 'field' }, label, h('input', { name, value, placeholder, autocomplete: 'off', spellcheck: 'false' }))

/** @param {string} name @param {readonly string[]} values @param {string} [chosen] @param {string} [otherwise] Where none is chosen. */
export const choice = (name, values, chosen = '', otherwise = 'any') =>
  h(
    'label',
    { class: 'field' },
    name,
    h(
      'select',
      { name },
      ['', ...values].map((value) => h('option', { value, selected: value === chosen }, value === '' ? otherwise : value)),
    ),
  )
