// One entity: its state at any version or time, what each version changed, and the timeline of its versions.
import { ask, entityPath } from '../api.js'
import { fill, h } from '../h.js'
import { historyWindow } from '../history-window.js'
import { bindKey } from '../keys.js'
import { changesTable, countOf } from '../parts/changes.js'
import { membersOf } from '../parts/order.js'
import { eventData, recordDetails } from '../parts/record.js'
import { timeTravel } from '../parts/time-travel.js'
import { timelineCard } from '../parts/timeline.js'
import { fieldList } from '../parts/value.js'
import { go, hrefOf } from '../router.js'
import { tried } from '../trouble.js'

/** @import {Change, Context, Page, Query, VersionRecord} from '../types.ts' */
/** @import {Look} from '../parts/value.js' */

/** @type {Page} */
export const entityPage = {
  name: 'entity',
  under: 'find',
  open(place, { id, query }, context) {
    const [kind = '', owner = ''] = id.split(':')
    const view = entityView(id, context)
    fill(
      place,
      h('p', { class: 'kind' }, kind, owner !== '' && [' of ', h('a', { href: hrefOf('find', '', { kind, owner }) }, owner)]),
      h('h1', { tabindex: '-1', class: 'id' }, id),
      view.content,
    )
    void view.show(query)
    return (next) => void view.show(next.query)
  },
}

/**
 * @param {string} id
 * @param {Context} context
 */
function entityView(id, { signal, kinds }) {
  const window = historyWindow(id, signal)
  const [trouble, shown] = [h('div'), h('div', { class: 'shown' })]
  const timeline = timelineCard(id, window, (work) => tried(trouble, signal, work))
  const travel = timeTravel({ toVersion: (version) => void toVersion(version), toTime: (question) => go(hrefOf('entity', id, question)) })
  const body = h('div', { class: 'entity', hidden: true }, travel.element, shown, timeline.element)
  bindKey('[', 'previous version', signal, () => travel.step(-1))
  bindKey(']', 'next version', signal, () => travel.step(1))

  /** The latest version's number, as far as it is known. */
  let latest = 0
  /** Which version the slider was moved to. @type {number | undefined} */
  let wanted
  let asking = new AbortController()

  /** As it was known when that version was recorded. @param {number} version */
  async function toVersion(version) {
    wanted = version
    const record = await tried(trouble, signal, () => window.around(version, latest))
    if (record && wanted === version) go(hrefOf('entity', id, { asOf: record.recordedAt }), { replace: true })
  }

  /** @param {Query} question An empty one is about now. */
  async function show(question) {
    asking.abort()
    asking = new AbortController()
    const current = AbortSignal.any([signal, asking.signal])
    const expected = wanted
    wanted = undefined
    const isNow = Object.keys(question).length === 0
    const now = isNow || latest === 0 ? await tried(trouble, current, () => learnLatest(current)) : undefined
    if (latest === 0 || current.aborted) return
    const record = isNow ? now : await tried(trouble, current, () => ask(entityPath(id, '', question), current))
    if (current.aborted) return
    // Its unit may have gone on with another version at the same instant.
    if (record && expected !== undefined && record.version !== expected)
      return go(hrefOf('entity', id, { version: expected }), { replace: true })
    await render(question, record, current)
  }

  /** @param {AbortSignal} current @returns {Promise<VersionRecord>} */
  async function learnLatest(current) {
    const now = await ask(entityPath(id), current)
    if (now.version !== latest) window.forget()
    latest = now.version
    body.hidden = false
    return now
  }

  /**
   * @param {Query} question
   * @param {VersionRecord | undefined} record Undefined: there is none, and why stands on the page already.
   * @param {AbortSignal} current
   */
  async function render(question, record, current) {
    latest = Math.max(latest, record?.version ?? 0)
    if (wanted === undefined) travel.stand(latest, record?.version)
    travel.say(question, record, latest)
    const [changes] = await Promise.all([
      record && changesOf(record, current),
      window.around(record?.version ?? latest, latest).catch(() => undefined),
    ])
    if (current.aborted) return
    timeline.render(latest, record?.version)
    fill(shown, record && cards(record, changes, question['asOf']))
  }

  /** What a version changed. Undefined: it is the first one, or a fold by effective time. @param {VersionRecord} record @param {AbortSignal} current @returns {Promise<readonly Change[] | undefined>} */
  async function changesOf({ version, asked }, current) {
    if (version === 1 || asked?.effectiveAsOf !== undefined) return undefined
    return (await tried(trouble, current, () => ask(entityPath(id, '/diff', { from: version - 1, to: version }), current)))?.changes
  }

  /** @param {VersionRecord} record @param {readonly Change[] | undefined} changes @param {string | undefined} asOf */
  function cards(record, changes, asOf) {
    const known = kinds.find(({ kind }) => kind === record.kind)
    const look = { kinds: kinds.map(({ kind }) => kind), asOf, fields: known?.fields ?? [] }
    const changed = new Set(changes?.map(({ path }) => membersOf(path)[0] ?? ''))
    return [
      h('section', { class: 'card' }, h('h2', {}, 'State'), fieldList(record.state, look, changed)),
      changes && changesCard(record, changes, look),
      eventData(record, { ...look, fields: known?.events[record.event] ?? [] }),
      recordDetails(record),
    ]
  }

  return { content: [trouble, body], show }
}

/** @param {VersionRecord} record @param {readonly Change[]} changes @param {Look} look */
const changesCard = ({ version }, changes, look) =>
  h(
    'section',
    { class: 'card' },
    h('h2', {}, `What version ${version} changed`, h('span', { class: 'hint' }, ` ${countOf(changes)}`)),
    changesTable(changes, look),
  )
