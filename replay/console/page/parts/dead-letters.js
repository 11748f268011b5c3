// The versions that a projection waits at: what each is, why it can not be applied, and a way past it.
import { h } from '../h.js'
import { hrefOf } from '../router.js'
import { timeElement } from '../time.js'
import { askReason } from './ask-reason.js'

/** @import {DeadLetter} from '../types.ts' */

/**
 * @param {string} where The projection and its sink.
 * @param {boolean} mayOperate
 * @param {(letter: DeadLetter, reason: string) => Promise<void>} skip
 */
export function deadLetters(where, mayOperate, skip) {
  const list = h('ul', { 'aria-label': `Dead letters of ${where}` })
  const element = h('div', { class: 'letters' }, list)
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map()

  /** @param {DeadLetter} letter */
  async function confirm(letter) {
    const reason = await askReason(element, {
      title: 'Skip this version for good?',
      text: `${where} leaves out version ${letter.version} of ${letter.entityId}, now and whenever it is built anew. The ledger records who said so, when and why. It can not be taken back.`,
      act: 'Skip it for good',
    })
    if (reason !== undefined) await skip(letter, reason)
  }

  return {
    element,
    /** @param {readonly DeadLetter[]} letters */
    update(letters) {
      const there = new Map(letters.map((letter) => [`${letter.partition}:${letter.position} ${letter.since}`, letter]))
      for (const [key, item] of shown) {
        if (there.has(key)) continue
        item.remove()
        shown.delete(key)
      }
      for (const [key, letter] of there) {
        if (shown.has(key)) continue
        const item = letterItem(letter, mayOperate && (() => void confirm(letter)))
        shown.set(key, item)
        list.append(item)
      }
      list.hidden = letters.length === 0
    },
  }
}

/** @param {DeadLetter} letter @param {false | (() => void)} onSkip */
const letterItem = ({ entityId, version, partition, position, error, since }, onSkip) =>
  h(
    'li',
    { class: 'letter' },
    h(
      'div',
      {},
      h('p', {}, h('a', { class: 'id', href: hrefOf('entity', entityId, { version }) }, entityId), ` version ${version}`),
      h('p', { class: 'error' }, error),
      h('p', { class: 'hint' }, `partition ${partition}, position ${position}, since `, timeElement(since)),
    ),
    onSkip &&
      h('button', { type: 'button', class: 'danger', 'aria-label': `Skip version ${version} of ${entityId}`, onclick: onSkip }, 'Skip…'),
  )
