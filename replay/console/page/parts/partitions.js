// The partitions of a projection: a mark each, in words how many are in which state, and on demand a row each.
import { howLong, number } from '../figures.js'
import { fill, h, say } from '../h.js'
import { dataTable } from './table.js'

/** @import {ProjectionRun} from '../types.ts' */

/** @param {string} where What they are of. */
export function partitionsOf(where) {
  const [words, marks, rows] = [
    h('span'),
    h('span', { class: 'marks', 'aria-hidden': 'true' }),
    h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `Partitions of ${where}` }),
  ]
  const element = h('details', { class: 'partitions', ontoggle: draw }, h('summary', {}, words, marks), rows)
  /** @type {ProjectionRun | undefined} */
  let last

  function draw() {
    if (!element.open || !last) return
    const { partitions, positions } = last
    fill(
      rows,
      dataTable(
        `Partitions of ${where}`,
        [
          { label: 'partition', numeric: true, cell: ({ partition }) => partition },
          { label: 'state', cell: ({ state }) => h('span', { class: 'mark-word', 'data-state': state }, state) },
          { label: 'seen', numeric: true, cell: ({ position }) => number(position) },
          { label: 'behind', numeric: true, cell: ({ lag }) => number(lag.versions) },
          { label: 'for', numeric: true, cell: ({ lag }) => howLong(lag.seconds) },
        ],
        partitions.map((one, partition) => ({ ...one, partition, position: positions[partition] ?? 0 })),
        'partition-rows',
      ),
    )
  }

  return {
    element,
    /** @param {ProjectionRun} run */
    update(run) {
      last = run
      say(words, wordsOf(run.partitions.map(({ state }) => state)))
      run.partitions.forEach(({ state, lag }, partition) => {
        const mark = /** @type {HTMLElement} */ (marks.children[partition] ?? marks.appendChild(h('span')))
        mark.dataset['state'] = state
        mark.title = `partition ${partition}: ${state}, ${number(lag.versions)} versions behind`
      })
      draw()
    },
  }
}

/** @param {readonly string[]} states */
function wordsOf(states) {
  const counts = [...Map.groupBy(states, (state) => state)].map(([state, all]) => ({ state, count: all.length }))
  const count = `${states.length} ${states.length === 1 ? 'partition' : 'partitions'}`
  const [only] = counts
  return counts.length === 1 && only
    ? `${count}, all ${only.state}`
    : `${count}: ${counts.map(({ state, count: of }) => `${of} ${state}`).join(', ')}`
}
