// Whether the server is alive and ready, and what it counts, looked at again every few seconds.
import { ask, request, Trouble } from '../api.js'
import { fill, h, say } from '../h.js'
import { mean, metricsOf, only, refused, total } from '../metrics.js'
import { dataTable } from '../parts/table.js'
import { tiles } from '../parts/tiles.js'
import { pause, troubleBox } from '../trouble.js'

/** @import {Metrics} from '../metrics.js' */
/** @import {Page} from '../types.ts' */

const LOOK_MS = 3_000

/** @type {Page} */
export const healthPage = {
  name: 'health',
  label: 'Health',
  open(place, _, { signal }) {
    const [live, ready] = [light('live', 'the process answers'), light('ready', 'the database answers, and has the right schema')]
    const [trouble, figures] = [h('div'), h('div', { class: 'figures' })]
    fill(
      place,
      h('h1', { tabindex: '-1' }, 'Health'),
      h('div', { class: 'lights', role: 'status' }, live.element, ready.element),
      trouble,
      figures,
    )

    async function look() {
      live.say(await outcome(ask('health/live', signal)))
      ready.say(await outcome(ask('health/ready', signal)))
    }

    async function watch() {
      /** @type {Metrics | undefined} */
      let before
      for (let at = performance.now(); !signal.aborted; await pause(LOOK_MS, signal)) {
        await look()
        try {
          const now = metricsOf(await (await request('metrics', { signal })).text())
          const seconds = (performance.now() - at) / 1_000
          at = performance.now()
          fill(trouble)
          fill(figures, tiles({ now, before, seconds }), commandsTable(now))
          before = now
        } catch (error) {
          if (signal.aborted) return
          before = undefined
          fill(trouble, troubleBox(error))
        }
      }
    }
    void watch()
  },
}

/** Why not; undefined: it is well. @param {Promise<unknown>} asked */
const outcome = (asked) =>
  asked.then(
    () => undefined,
    (error) => (error instanceof Trouble ? error.message : String(error)),
  )

/** @param {string} name @param {string} meaning */
function light(name, meaning) {
  const [word, detail] = [h('strong', {}, name), h('span', { class: 'hint' }, meaning)]
  const element = h('div', { class: 'card light' }, word, detail)
  return {
    element,
    /** @param {string | undefined} whyNot */
    say(whyNot) {
      const [now, more] = whyNot === undefined ? [name, meaning] : [`not ${name}`, whyNot]
      element.classList.toggle('good', whyNot === undefined)
      element.classList.toggle('bad', whyNot !== undefined)
      say(word, now)
      say(detail, more)
    },
  }
}

/** @param {Metrics} metrics */
function commandsTable(metrics) {
  const names = [...new Set(metrics.get('strata_commands_total')?.map(({ labels }) => labels['command'] ?? ''))].sort()
  if (names.length === 0) return h('p', { class: 'hint' }, 'No command has been sent to this server since it started.')
  const rows = names.map((name) => ({ name, of: only(metrics, 'command', name) }))
  return h(
    'section',
    { class: 'card sheet' },
    h('h2', {}, 'Commands'),
    dataTable(
      'commands',
      [
        { label: 'command', cell: ({ name }) => name },
        { label: 'answered', numeric: true, cell: ({ of }) => total(of, 'strata_commands_total') },
        { label: 'refused', numeric: true, cell: ({ of }) => refused(of) },
        {
          label: 'mean time',
          numeric: true,
          cell: ({ of }) => `${((mean(of, 'strata_command_duration_seconds') ?? 0) * 1_000).toFixed(1)} ms`,
        },
      ],
      rows,
    ),
  )
}
