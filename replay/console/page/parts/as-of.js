// The way through recorded time: a slider over instants at which something was recorded, with now at its end.
import { h } from '../h.js'
import { microsOf, textOf } from '../time.js'
import { slide } from './slide.js'

/** @param {(asOf: string | undefined) => void} toTime Undefined: now. */
export function asOfSlider(toTime) {
  /** @type {readonly string[]} */
  let stops = []
  const textAt = (/** @type {number} */ place) => sentence(stops[place])
  const times = slide({
    label: 'Known at, from the first version to now',
    buttons: ['First instant', 'Previous instant', 'Next instant', 'Now'],
    textOf: textAt,
    to: (place) => toTime(stops[place]),
  })
  return {
    element: h('section', { class: 'card travel', 'aria-label': 'Travel in time' }, times.element),
    /** @param {readonly string[]} instants From the first on. */
    offer(instants) {
      stops = instants
    },
    /** @param {string | undefined} asOf */
    stand(asOf) {
      const range = { min: 0, max: stops.length }
      if (asOf === undefined) times.stand(range, stops.length)
      else
        times.stand(
          range,
          Math.max(
            0,
            stops.findLastIndex((stop) => microsOf(stop) <= microsOf(asOf)),
          ),
          sentence(asOf),
        )
    },
    step: times.step,
  }
}

/** @param {string | undefined} asOf */
const sentence = (asOf) => (asOf === undefined ? 'As it is now' : `As known at ${textOf(asOf)}`)
