// The versions of an entity as a list, newest first: what happened, who did it, when it was recorded, and when it holds if that is another time. As many as the window holds, with ways to others.
import { fill, form, h } from '../h.js'
import { go, hrefOf } from '../router.js'
import { timeElement } from '../time.js'

/** @import {VersionRecord} from '../types.ts' */
/** @import {HistoryWindow} from '../history-window.js' */

/**
 * @param {string} id
 * @param {HistoryWindow} window
 * @param {(work: () => Promise<void>) => Promise<unknown>} attempt Shows why it could not be done.
 */
export function timelineCard(id, window, attempt) {
  const element = h('section', { class: 'card versions', 'aria-label': 'Timeline' })

  /** @param {number} latest @param {number} [selected] */
  function render(latest, selected) {
    const hadFocus = element.contains(document.activeElement)
    const [first, last] = [window.versions[0]?.version ?? 1, window.versions.at(-1)?.version ?? 0]
    const isWhole = first === 1 && last >= latest
    const turn = (/** @type {() => Promise<void>} */ read) => () => void attempt(read).then(() => render(latest, selected))
    const list = versionList(window.versions, selected)
    fill(
      element,
      h('h2', {}, 'Timeline', !isWhole && h('span', { class: 'hint' }, ` ${first} to ${last} of ${latest}`)),
      latest > 1 && compareForm(id, latest, selected),
      last < latest && h('button', { type: 'button', class: 'turn', onclick: turn(window.later) }, 'Later versions'),
      list,
      first > 1 && h('button', { type: 'button', class: 'turn', onclick: turn(window.earlier) }, 'Earlier versions'),
    )
    const current = /** @type {HTMLElement | null} */ (list.querySelector('[aria-current]'))
    if (hadFocus) (current ?? list.querySelector('a'))?.focus({ preventScroll: true })
    // scrollIntoView would move the page, too
    if (current) list.scrollTop = current.offsetTop - list.clientHeight / 2
  }

  return { element, render }
}

/**
 * @param {readonly VersionRecord[]} versions Oldest first.
 * @param {number | undefined} selected
 */
const versionList = (versions, selected) =>
  h(
    'ol',
    { class: 'timeline', reversed: true },
    versions
      .toReversed()
      .map((record) =>
        h(
          'li',
          {},
          h(
            'a',
            { href: hrefOf('entity', record.entityId, { version: record.version }), 'aria-current': record.version === selected && 'true' },
            h('span', { class: 'version' }, `v${record.version}`),
            h('span', { class: 'event' }, record.event),
            h('span', { class: 'actor' }, `by ${record.actor}`),
            h('span', { class: 'when' }, h('span', { class: 'word' }, 'recorded '), timeElement(record.recordedAt)),
            record.effectiveAt !== record.recordedAt &&
              h('span', { class: 'when' }, h('span', { class: 'word' }, 'effective '), timeElement(record.effectiveAt)),
          ),
        ),
      ),
  )

/** @param {string} id @param {number} latest @param {number} [selected] */
function compareForm(id, latest, selected = latest) {
  const to = Math.max(selected, 2)
  const number = (/** @type {string} */ label, /** @type {number} */ value) =>
    h('input', { type: 'number', min: 1, max: latest, required: true, 'aria-label': label, value })
  const [from, until] = [number('Compare version', to - 1), number('with version', to)]
  const diff = () => go(hrefOf('diff', id, { from: from.value, to: until.value }))
  return form({ class: 'compare' }, diff, 'Compare ', from, ' with ', until, h('button', { class: 'quiet' }, 'Diff'))
}
