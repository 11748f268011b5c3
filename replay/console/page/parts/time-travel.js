// The controls that travel through an entity's time: a slider over its versions, and exact instants, recorded and effective.
import { fill, form, h } from '../h.js'
import { textOf, toInstant } from '../time.js'
import { slide } from './slide.js'

/** @import {Query, VersionRecord} from '../types.ts' */

/**
 * @typedef {object} TimeTravel
 * @property {HTMLElement} element
 * @property {(latest: number, version: number | undefined) => void} stand Where the slider stands.
 * @property {(query: Query, record: VersionRecord | undefined, latest: number) => void} say What is shown, and as the answer to which question.
 * @property {(by: number) => void} step
 */

/**
 * @param {object} travel
 * @param {(version: number) => void} travel.toVersion
 * @param {(question: Query) => void} travel.toTime An empty question is about now.
 * @returns {TimeTravel}
 */
export function timeTravel({ toVersion, toTime }) {
  const versions = slide({
    label: 'Version, from the first to the latest',
    buttons: ['First version', 'Previous version', 'Next version', 'Latest version'],
    textOf: (version, latest) => `Version ${version} of ${latest}`,
    to: toVersion,
  })
  const known = timeField('known', 'Known at', 'recorded time, UTC', 'now, or e.g. 2026-01-05 14:30')
  const holding = timeField('holding', 'Holding at', 'effective time, UTC', 'any, or e.g. 2026-01-05 14:30')
  const answer = h('p', { class: 'answer', role: 'status' })

  const ask = () => toTime({ asOf: toInstant(known.input.value), effectiveAsOf: toInstant(holding.input.value) })
  const times = form(
    { class: 'times' },
    ask,
    known.element,
    holding.element,
    h('button', {}, 'Show'),
    h('button', { type: 'button', class: 'quiet', onclick: () => toTime({}) }, 'Latest'),
  )

  return {
    element: h('section', { class: 'card travel', 'aria-label': 'Travel in time' }, versions.element, times, answer),
    stand(latest, version) {
      const range = { min: 1, max: latest }
      if (version === undefined) versions.stand(range, version, `${latest} ${latest === 1 ? 'version' : 'versions'}`)
      else versions.stand(range, version)
    },
    say(query, record, latest) {
      known.input.value = textOf(query['asOf'] ?? '')
      holding.input.value = textOf(query['effectiveAsOf'] ?? '')
      fill(answer, record && sentence(record, latest))
    },
    step: versions.step,
  }
}

/** @param {string} name @param {string} label @param {string} hint @param {string} placeholder */
function timeField(name, label, hint, placeholder) {
  const input = h('input', {
    id: name,
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder,
    'aria-describedby': `${name}-hint`,
  })
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: name }, label, h('span', { id: `${name}-hint`, class: 'hint' }, ` ${hint}`)),
    input,
  )
  return { input, element }
}

/** @param {VersionRecord} record @param {number} latest */
function sentence({ version, event, asked }, latest) {
  const which = `version ${version} of ${latest}, ${event}`
  if (asked?.effectiveAsOf !== undefined)
    return `As it held at ${textOf(asked.effectiveAsOf)}, by what was known at ${textOf(asked.asOf ?? '')}: its events up to then, in the order in which they hold; the last one is ${event} (version ${version}).`
  if (asked?.asOf !== undefined) return `As it was known at ${textOf(asked.asOf)}: ${which}.`
  return asked?.version === undefined ? `As it is now: ${which}.` : `After ${which}.`
}
