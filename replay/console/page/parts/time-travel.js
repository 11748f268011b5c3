// The controls that travel through an entity's time: a slider over its versions, and exact instants, recorded and effective.
import { fill, form, h } from '../h.js'
import { textOf, toInstant } from '../time.js'

/** @import {Query, VersionRecord} from '../types.ts' */

/** A hand on the slider passes many versions; those it rests on are asked for. */
const REST_MS = 80

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
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting
  const slider = h('input', {
    type: 'range',
    min: '1',
    max: '1',
    'aria-label': 'Version, from the first to the latest',
    oninput: () => {
      announce()
      clearTimeout(resting)
      resting = setTimeout(() => {
        resting = undefined
        toVersion(Number(slider.value))
      }, REST_MS)
    },
  })
  const count = h('output', { class: 'count' })
  const announce = () => {
    const text = `Version ${slider.value} of ${slider.max}`
    slider.setAttribute('aria-valuetext', text)
    fill(count, text)
  }
  const to = (/** @type {number} */ version) => {
    const wanted = Math.min(Math.max(version, 1), Number(slider.max))
    if (wanted === Number(slider.value) && !slider.classList.contains('away')) return
    slider.value = String(wanted)
    announce()
    toVersion(wanted)
  }
  const step = (/** @type {number} */ by) => to(Number(slider.value) + by)
  const button = (/** @type {string} */ sign, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
    h('button', { type: 'button', class: 'step', 'aria-label': label, title: label, onclick }, sign)

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
    element: h(
      'section',
      { class: 'card travel', 'aria-label': 'Travel in time' },
      h(
        'div',
        { class: 'slide' },
        button('«', 'First version', () => to(1)),
        button('‹', 'Previous version', () => step(-1)),
        slider,
        button('›', 'Next version', () => step(1)),
        button('»', 'Latest version', () => to(Number(slider.max))),
        count,
      ),
      times,
      answer,
    ),
    stand(latest, version) {
      if (resting !== undefined) return // it is on its way elsewhere
      slider.max = String(latest)
      slider.disabled = latest === 1
      slider.classList.toggle('away', version === undefined)
      if (version !== undefined) slider.value = String(version)
      announce()
      if (version === undefined) fill(count, `${latest} ${latest === 1 ? 'version' : 'versions'}`)
    },
    say(query, record, latest) {
      known.input.value = textOf(query['asOf'] ?? '')
      holding.input.value = textOf(query['effectiveAsOf'] ?? '')
      fill(answer, record && sentence(record, latest))
    },
    step,
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
