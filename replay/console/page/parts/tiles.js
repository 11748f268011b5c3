// The figures of the health page: a tile each, in groups. One that this server does not count is left out.
import { duration, number, size } from '../figures.js'
import { h } from '../h.js'
import { mean, only, refused, total } from '../metrics.js'

/** @import {Content} from '../h.js' */
/** @import {Metrics} from '../metrics.js' */

/** @typedef {{ readonly now: Metrics, readonly before: Metrics | undefined, readonly seconds: number }} Looks Two looks at the server, and the time between them. */
/** @typedef {{ readonly label: string, readonly value: (looks: Looks) => Content, readonly more?: (looks: Looks) => Content }} Tile */

const milliseconds = (/** @type {number | undefined} */ seconds) => seconds !== undefined && `${number(seconds * 1_000)} ms`

/** @param {string} name @returns {(looks: Looks) => Content} */
const figure =
  (name) =>
  ({ now }) =>
    number(total(now, name))

/** @param {string} name @returns {(looks: Looks) => Content} */
const rate =
  (name) =>
  ({ now, before, seconds }) => {
    const [is, was] = [total(now, name), before && total(before, name)]
    return is !== undefined && was !== undefined && is >= was && `${number((is - was) / seconds)} a second`
  }

/** `2 of 3`. @param {number | undefined} some @param {number | undefined} all */
const share = (some, all) => some !== undefined && all !== undefined && `${number(some)} of ${number(all)}`

/** @param {Looks} looks */
const waitingReads = ({ now }) => number(total(only(now, 'pool', 'read'), 'strata_database_waiters'))

/** @param {Looks} looks */
function busyReads({ now }) {
  const pool = only(now, 'pool', 'read')
  const all = total(pool, 'strata_database_connections')
  const idle = total(only(pool, 'state', 'idle'), 'strata_database_connections')
  const told = share(all === undefined || idle === undefined ? undefined : all - idle, all)
  return told && `${told} connections busy`
}

/** @param {Looks} looks */
function upFor({ now }) {
  const started = total(now, 'process_start_time_seconds')
  return started !== undefined && duration(Date.now() / 1_000 - started)
}

/** @param {Looks} looks */
function batchSize({ now }) {
  const versions = mean(now, 'strata_batch_versions')
  return versions !== undefined && `${number(versions)} versions a batch`
}

/** @param {Looks} looks */
function feedLag({ now }) {
  const versions = total(now, 'strata_feed_lag_versions')
  return versions !== undefined && `${number(versions)} versions behind, at most`
}

/** @type {readonly { readonly title: string, readonly tiles: readonly Tile[] }[]} */
const groups = [
  {
    title: 'Since the server started',
    tiles: [
      { label: 'versions appended', value: figure('strata_batch_versions_sum'), more: rate('strata_batch_versions_sum') },
      { label: 'commands answered', value: figure('strata_commands_total'), more: rate('strata_commands_total') },
      { label: 'commands refused', value: ({ now }) => number(refused(now)) },
      { label: 'batches committed', value: figure('strata_batch_duration_seconds_count'), more: batchSize },
      { label: 'time of a batch, mean', value: ({ now }) => milliseconds(mean(now, 'strata_batch_duration_seconds')) },
      { label: 'batches under locks', value: figure('strata_batches_locked_total'), more: () => 'against other servers' },
      { label: 'up for', value: upFor },
    ],
  },
  {
    title: 'Now',
    tiles: [
      { label: 'commands that wait', value: figure('strata_queue_commands') },
      { label: 'commands in batches', value: figure('strata_in_flight_commands') },
      { label: 'lanes busy', value: ({ now }) => share(total(now, 'strata_lanes_busy'), total(now, 'strata_lanes')) },
      { label: 'readers of the feed', value: figure('strata_feed_readers'), more: feedLag },
      { label: 'reads that wait', value: waitingReads, more: busyReads },
      { label: 'states in memory', value: figure('strata_cache_entries'), more: ({ now }) => size(total(now, 'strata_cache_bytes')) },
      { label: 'memory', value: ({ now }) => size(total(now, 'process_resident_memory_bytes')) },
      { label: 'event loop lag, p99', value: ({ now }) => milliseconds(total(now, 'nodejs_eventloop_lag_p99_seconds')) },
    ],
  },
]

/** @param {Looks} looks */
export const tiles = (looks) =>
  groups.map(({ title, tiles: of }) =>
    h(
      'section',
      { class: 'tiles', 'aria-label': title },
      h('h2', {}, title),
      h(
        'dl',
        {},
        of.map((tile) => tileOf(tile, looks)),
      ),
    ),
  )

/** @param {Tile} tile @param {Looks} looks */
function tileOf({ label, value, more }, looks) {
  const shown = value(looks)
  if (shown === undefined || shown === false) return undefined
  const beside = more?.(looks)
  return h('div', { class: 'card tile' }, h('dt', {}, label), h('dd', {}, shown), beside && h('dd', { class: 'hint' }, beside))
}
