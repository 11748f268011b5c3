// How every projection is, on each sink, looked at again every few seconds; and what a person says to one: pause, resume, retry, skip.
import { ask, send } from '../api.js'
import { fill, h, say } from '../h.js'
import { projectionCard } from '../parts/projection-card.js'
import { hrefOf } from '../router.js'
import { whoIs } from '../session.js'
import { pause, tried } from '../trouble.js'

/** @import {Page, ProjectionStatus} from '../types.ts' */

const LOOK_MS = 2_000

/** @type {Page} */
export const projectionsPage = {
  name: 'projections',
  label: 'Projections',
  open(place, _, { signal }) {
    const [summary, trouble, list] = [h('p', { role: 'status' }), h('div'), h('div', { class: 'projections' })]
    fill(
      place,
      h('h1', { tabindex: '-1' }, 'Projections'),
      summary,
      trouble,
      list,
      h('p', {}, h('a', { href: hrefOf('find', '', { kind: 'deadletter' }) }, 'What was skipped, by whom and why')),
    )
    const mayOperate = whoIs()?.mayOperate ?? true
    /** @type {Map<string, ReturnType<typeof projectionCard>>} */
    const cards = new Map()
    // What was asked for before something was done tells of the time before.
    let done = 0

    /** @param {ProjectionStatus} status */
    function show(status) {
      let card = cards.get(status.name)
      if (!card) {
        card = projectionCard(status, { mayOperate, act })
        cards.set(status.name, card)
        list.append(card.element)
      }
      card.update(status)
    }

    /** @param {string} name @param {string} action @param {object} body */
    async function act(name, action, body) {
      const status = await send(`v1/projections/${encodeURIComponent(name)}/${action}`, body, signal)
      done++
      show(status)
    }

    async function watch() {
      for (; !signal.aborted; await pause(LOOK_MS, signal)) {
        const before = done
        const found = await tried(trouble, signal, () => ask('v1/projections', signal))
        if (!found) return
        if (done !== before) continue
        for (const status of found.data) show(status)
        say(summary, summaryOf(found.data))
      }
    }
    void watch()
  },
}

/** @param {readonly ProjectionStatus[]} all */
function summaryOf(all) {
  const runs = all.flatMap(({ name, sinks }) => sinks.map(({ sink, state }) => ({ what: `${name} in ${sink}`, state })))
  const others = runs.filter(({ state }) => state !== 'running')
  if (runs.length === 0) return 'This server keeps no views.'
  if (others.length === 0) return `All ${runs.length} run.`
  return `${runs.length - others.length} of ${runs.length} run; ${others.map(({ what, state }) => `${what} is ${state}`).join(', ')}.`
}
