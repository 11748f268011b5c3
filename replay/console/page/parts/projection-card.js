// A projection: what it makes, and how it is on each sink.
import { h } from '../h.js'
import { projectionRun } from './projection-run.js'

/** @import {ProjectionStatus} from '../types.ts' */

/** @typedef {(name: string, action: string, body: object) => Promise<void>} Act Throws Trouble. */
/** @typedef {{ readonly mayOperate: boolean, readonly act: Act }} Operating */

/** @param {ProjectionStatus} projection @param {Operating} operating */
export function projectionCard({ name, version, summary }, operating) {
  const element = h(
    'section',
    { class: 'card projection', 'aria-label': name },
    h('h2', {}, h('span', { class: 'id' }, name), h('span', { class: 'hint' }, ` version ${version}`)),
    h('p', { class: 'hint' }, `${summary}.`),
  )
  /** @type {Map<string, ReturnType<typeof projectionRun>>} */
  const runs = new Map()
  return {
    element,
    /** @param {ProjectionStatus} status */
    update({ sinks }) {
      for (const run of sinks) {
        let shown = runs.get(run.sink)
        if (!shown) {
          shown = projectionRun(name, run.sink, operating)
          runs.set(run.sink, shown)
          element.append(shown.element)
        }
        shown.update(run)
      }
    },
  }
}
