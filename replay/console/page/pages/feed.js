// What is recorded, as it is recorded: newest first. However much comes, the page holds a bounded number of rows and draws them a few times a second.
import { ask } from '../api.js'
import { follow } from '../follow.js'
import { fill, h } from '../h.js'
import { bindKey } from '../keys.js'
import { MAX_ROWS, newest } from '../parts/newest.js'
import { dataTable } from '../parts/table.js'
import { hrefOf, queryOf } from '../router.js'
import { timeElement } from '../time.js'
import { tried, troubleBox } from '../trouble.js'

/** @import {ConsoleKind, Page, Query, VersionRecord} from '../types.ts' */
/** @import {FeedRow} from '../parts/newest.js' */

/** A ledger that has no more versions than this is shown from its beginning; of any other, what comes from now on. */
const SMALL_LEDGER = 500
const DRAW_MS = 250
/** Those who listen are told the count no more often than this. */
const TELL_MS = 5_000

/** @type {Page} */
export const feedPage = {
  name: 'feed',
  label: 'Live feed',
  open(place, route, { signal, kinds }) {
    let rows = newest(kinds)
    const cursor = { after: '' }
    let chosen = kindsOf(route.query)
    let isPaused = false
    // Versions that came: all of them, those drawn, those told.
    let [seen, drawn, told] = [0, 0, 0]
    let following = new AbortController()

    const [trouble, list, tabs] = [h('div'), h('div'), h('div')]
    const state = h('span', { class: 'state', role: 'status' })
    const [count, spoken] = [h('span', { class: 'count' }), h('span', { class: 'hidden', 'aria-live': 'polite' })]
    const pauseButton = h('button', { type: 'button', onclick: pauseOrGoOn }, 'Pause')
    fill(
      place,
      h('h1', { tabindex: '-1' }, 'Live feed'),
      h('div', { class: 'bar' }, tabs, state, count, spoken, pauseButton),
      trouble,
      list,
    )
    bindKey('p', 'pause the feed, or go on', signal, pauseOrGoOn)

    function pauseOrGoOn() {
      isPaused = !isPaused
      fill(pauseButton, isPaused ? 'Go on' : 'Pause')
      draw()
    }

    /** Rows do not move while they are paused, or while one has the focus. */
    function draw() {
      const isHeld = isPaused || list.contains(document.activeElement)
      fill(count, isHeld ? `paused · ${seen - drawn} new` : '')
      if (isHeld) return
      drawn = seen
      const shown = rows.all().filter(({ kind }) => chosen === undefined || chosen.includes(kind))
      fill(
        list,
        shown.length > 0
          ? [h('div', { class: 'card sheet' }, feedTable(shown)), h('p', { class: 'hint' }, `The newest ${MAX_ROWS} at most.`)]
          : waiting(),
      )
    }

    /** @param {VersionRecord} record */
    function take(record) {
      rows.add(record)
      seen++
    }

    /** @param {string} now */
    function tellState(now) {
      fill(state, now)
      state.classList.toggle('live', now === 'live')
    }

    function run() {
      following.abort()
      following = new AbortController()
      const current = AbortSignal.any([signal, following.signal])
      const query = chosen ? { kinds: chosen.join(',') } : {}
      follow({ cursor, query, signal: current, onVersion: take, onState: tellState }).catch(refuse)
    }

    /** For good: the cursor may be of a ledger that was restored since. @param {unknown} error */
    function refuse(error) {
      tellState('not connected')
      fill(trouble, troubleBox(error), h('p', {}, h('button', { type: 'button', onclick: () => void start() }, 'Begin anew')))
    }

    /** @param {Query} query */
    function choose(query) {
      chosen = kindsOf(query)
      fill(tabs, kindTabs(kinds, chosen))
      if (cursor.after === '') return
      draw()
      run()
    }

    async function start() {
      tellState('connecting')
      const beginning = await tried(trouble, signal, () => firstPage(signal))
      if (!beginning) return tellState('not connected')
      rows = newest(kinds)
      cursor.after = beginning.next
      beginning.versions.forEach(take)
      draw()
      run()
    }

    const drawing = setInterval(() => seen !== drawn && draw(), DRAW_MS)
    const telling = setInterval(() => {
      if (seen !== told) fill(spoken, `${seen - told} new versions`)
      told = seen
    }, TELL_MS)
    signal.addEventListener('abort', () => [drawing, telling].forEach(clearInterval))
    choose(route.query)
    void start()
    return ({ query }) => choose(query)
  },
}

/** @param {Query} query @returns {readonly string[] | undefined} Undefined: all. */
const kindsOf = ({ kinds }) => kinds?.split(',')

/**
 * What there is, if that is little; else nothing, and the cursor of now.
 * @param {AbortSignal} signal
 * @returns {Promise<{ readonly versions: readonly VersionRecord[], readonly next: string }>}
 */
async function firstPage(signal) {
  const page = await ask(`v1/feed${queryOf({ limit: SMALL_LEDGER })}`, signal)
  return page.caughtUp ? page : { versions: [], next: (await ask('v1/feed?after=end&limit=1', signal)).next }
}

/** @param {readonly ConsoleKind[]} kinds @param {readonly string[] | undefined} chosen */
const kindTabs = (kinds, chosen) =>
  h(
    'nav',
    { class: 'tabs', 'aria-label': 'Kinds' },
    h('a', { href: hrefOf('feed'), 'aria-current': chosen === undefined && 'page' }, 'all'),
    kinds.map(({ kind, plural }) =>
      h('a', { href: hrefOf('feed', '', { kinds: kind }), 'aria-current': chosen?.includes(kind) && 'page' }, plural),
    ),
  )

/** @param {readonly FeedRow[]} rows */
const feedTable = (rows) =>
  dataTable(
    'the newest versions',
    [
      { label: 'recorded', kind: 'when', cell: ({ recordedAt }) => timeElement(recordedAt) },
      {
        label: 'entity',
        kind: 'which',
        cell: ({ entityId, version }) => h('a', { class: 'id', href: hrefOf('entity', entityId, { version }) }, entityId),
      },
      { label: 'version', kind: 'place', numeric: true, cell: ({ version }) => version },
      { label: 'event', kind: 'event', cell: ({ event }) => event },
      { label: 'what', kind: 'told', cell: ({ told }) => told },
      { label: 'actor', kind: 'short actor', cell: ({ actor }) => actor },
    ],
    rows,
    'feed',
  )

const waiting = () =>
  h(
    'div',
    { class: 'card empty' },
    h('p', {}, 'Nothing has been recorded since this page was opened.'),
    h('p', { class: 'hint' }, 'Each version appears here when it is recorded. What was recorded before is found by entity.'),
  )
