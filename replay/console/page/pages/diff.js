// Two versions of an entity, or it at two recorded times: what is different.
import { ask, entityPath } from '../api.js'
import { fill, form, h } from '../h.js'
import { changesTable, countOf } from '../parts/changes.js'
import { entityLink } from '../parts/value.js'
import { go, hrefOf } from '../router.js'
import { textOf, timeElement, toInstant } from '../time.js'
import { tried } from '../trouble.js'

/** @import {Page, Query, Route, VersionRecord} from '../types.ts' */

/** @type {Page} */
export const diffPage = {
  name: 'diff',
  under: 'find',
  open(place, route, { signal, kinds }) {
    const { id } = route
    const look = { kinds: kinds.map(({ kind }) => kind), fields: kinds.find(({ kind }) => id.startsWith(`${kind}:`))?.fields ?? [] }
    const [trouble, result] = [h('div'), h('div')]
    const from = pointField('from', 'From')
    const to = pointField('to', 'To')
    const there = (/** @type {string} */ a, /** @type {string} */ b) => go(hrefOf('diff', id, { from: toPoint(a), to: toPoint(b) }))
    const points = form(
      { class: 'card times' },
      () => there(from.input.value, to.input.value),
      from.element,
      to.element,
      h('button', {}, 'Compare'),
      h('button', { type: 'button', class: 'quiet', onclick: () => there(to.input.value, from.input.value) }, 'Swap'),
    )
    fill(place, h('p', { class: 'kind' }, 'Differences'), h('h1', { tabindex: '-1', class: 'id' }, entityLink(id)), points, trouble, result)

    /** @param {Query} query */
    async function show({ from: a = '1', to: b = '' }) {
      from.input.value = textOf(a)
      to.input.value = textOf(b)
      if (b === '') return fill(result, h('p', { class: 'empty' }, 'Say which two versions or times to compare.'))
      const found = await tried(trouble, signal, async () => {
        const comparison = await ask(entityPath(id, '/diff', { from: a, to: b }), signal)
        const ends = [comparison.fromVersion, comparison.toVersion].map((version) => ask(entityPath(id, '', { version }), signal))
        return { comparison, ends: /** @type {readonly VersionRecord[]} */ (await Promise.all(ends)) }
      })
      if (!found) return fill(result)
      const { changes } = found.comparison
      fill(
        result,
        h(
          'div',
          { class: 'ends' },
          found.ends.map((record, n) => endCard(n === 0 ? 'From' : 'To', record)),
        ),
        h(
          'section',
          { class: 'card' },
          h('h2', {}, 'Differences', h('span', { class: 'hint' }, ` ${countOf(changes)}`)),
          changesTable(changes, look),
        ),
      )
    }
    void show(route.query)
    return (next) => void show(next.query)
  },
}

/** A version, or a time as people type it. @param {string} typed */
const toPoint = (typed) => (/^\s*\d+\s*$/.test(typed) ? typed.trim() : toInstant(typed))

/** @param {string} name @param {string} label */
function pointField(name, label) {
  const input = h('input', { id: name, required: true, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': `${name}-hint` })
  const hint = h('span', { id: `${name}-hint`, class: 'hint' }, ' version, or recorded time in UTC')
  return { input, element: h('div', { class: 'field' }, h('label', { for: name }, label, hint), input) }
}

/** @param {string} label @param {VersionRecord} record */
const endCard = (label, { entityId, version, event, actor, recordedAt }) =>
  h(
    'div',
    { class: 'card end' },
    h('span', { class: 'hint' }, label),
    h('a', { href: hrefOf('entity', entityId, { version }) }, `Version ${version}`),
    h('span', { class: 'event' }, event),
    h('span', { class: 'when' }, 'recorded ', timeElement(recordedAt), ` by ${actor}`),
  )
