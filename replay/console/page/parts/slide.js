// A slider, with buttons for a step aside and for either end. A hand on it passes many places; those it rests on are told.
import { fill, h } from '../h.js'

const REST_MS = 80

/**
 * @typedef {object} Slide
 * @property {HTMLElement} element
 * @property {(range: { readonly min: number, readonly max: number }, value: number | undefined, text?: string) => void} stand Where it stands, unless it is on its way elsewhere; undefined: at none of its places. With a text, that is shown.
 * @property {(by: number) => void} step
 */

/**
 * @param {object} slide
 * @param {string} slide.label
 * @param {readonly [first: string, previous: string, next: string, last: string]} slide.buttons
 * @param {(value: number, max: number) => string} slide.textOf
 * @param {(value: number) => void} slide.to
 * @returns {Slide}
 */
export function slide({ label, buttons: [first, previous, next, last], textOf, to }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting
  const slider = h('input', {
    type: 'range',
    'aria-label': label,
    oninput: () => {
      announce()
      clearTimeout(resting)
      resting = setTimeout(() => {
        resting = undefined
        to(Number(slider.value))
      }, REST_MS)
    },
  })
  const place = h('output', { class: 'count' })
  const announce = (text = textOf(Number(slider.value), Number(slider.max))) => {
    slider.setAttribute('aria-valuetext', text)
    fill(place, text)
  }
  const jump = (/** @type {number} */ value) => {
    const wanted = Math.min(Math.max(value, Number(slider.min)), Number(slider.max))
    if (wanted === Number(slider.value) && !slider.classList.contains('away')) return
    slider.value = String(wanted)
    announce()
    to(wanted)
  }
  const step = (/** @type {number} */ by) => jump(Number(slider.value) + by)
  const button = (/** @type {string} */ sign, /** @type {string} */ name, /** @type {() => void} */ onclick) =>
    h('button', { type: 'button', class: 'step', 'aria-label': name, title: name, onclick }, sign)

  return {
    element: h(
      'div',
      { class: 'slide' },
      button('«', first, () => jump(Number(slider.min))),
      button('‹', previous, () => step(-1)),
      slider,
      button('›', next, () => step(1)),
      button('»', last, () => jump(Number(slider.max))),
      place,
    ),
    stand({ min, max }, value, text) {
      if (resting !== undefined) return
      slider.min = String(min)
      slider.max = String(max)
      slider.disabled = min === max
      slider.classList.toggle('away', value === undefined)
      if (value !== undefined) slider.value = String(value)
      announce(text)
    },
    step,
  }
}
