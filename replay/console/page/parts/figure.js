// A figure: what it is, in a sentence; pictures of it; and the same in a table, exactly.
import { h } from '../h.js'
import { chart } from './chart.js'
import { dataTable } from './table.js'

/** @import {Figure} from '../types.ts' */

/** @param {Figure} figure @param {AbortSignal} signal Until then it is seen. */
export function figureCard({ title, summary, charts, columns, rows }, signal) {
  const name = `${title}, in figures`
  return h(
    'section',
    { class: 'card figure', 'aria-label': title },
    h('h2', {}, title),
    h('p', { class: 'summary' }, summary),
    charts.length > 0 &&
      h(
        'div',
        { class: 'charts' },
        charts.map(({ label, drawing }) =>
          h('div', {}, charts.length > 1 && h('h3', { 'aria-hidden': 'true' }, label), chart(`${title}: ${label}`, drawing, signal)),
        ),
      ),
    h('div', { class: 'scroll exact', tabindex: '0', role: 'region', 'aria-label': name }, dataTable(name, columns, rows)),
  )
}
