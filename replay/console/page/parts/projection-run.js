// A projection on one sink: its state, how far behind it is, its partitions, what stops it, and the buttons of who operates. Updated in place, so that nothing that has the focus goes away.
import { howLong, number } from '../figures.js'
import { fill, h, say } from '../h.js'
import { timeElement } from '../time.js'
import { troubleBox } from '../trouble.js'
import { deadLetters } from './dead-letters.js'
import { partitionsOf } from './partitions.js'

/** @import {Operating} from './projection-card.js' */
/** @import {DeadLetter, ProjectionRun} from '../types.ts' */

const MEANING = {
  running: 'follows the ledger',
  paused: 'until it is resumed',
  retrying: 'the sink fails; it is tried again by itself',
  stopped: 'at a version that it can not apply',
  idle: 'no server works on it',
}

/** @param {string} name @param {string} sink @param {Operating} operating */
export function projectionRun(name, sink, { mayOperate, act }) {
  const where = `${name} in ${sink}`
  const [state, meaning, since, behind, rate] = [h('strong'), h('span'), h('span'), h('span'), h('span', { class: 'hint' })]
  const [error, trouble, build] = [h('p', { class: 'error' }), h('div'), h('p', { class: 'hint' })]
  const turn = h('button', { type: 'button', onclick: () => void said(isPaused ? 'resume' : 'pause') })
  const again = h('button', { type: 'button', 'aria-label': `Retry ${where}`, onclick: () => void said('retry') }, 'Retry')
  const partitions = partitionsOf(where)
  const letters = deadLetters(where, mayOperate, (letter, reason) =>
    said('skip', { partition: letter.partition, position: letter.position, reason }),
  )
  const element = h(
    'div',
    { class: 'run' },
    h(
      'div',
      { class: 'run-head' },
      h(
        'div',
        {},
        h('p', {}, state, ' in ', h('span', { class: 'id' }, sink), h('span', { class: 'hint' }, ' ', meaning, since)),
        h('p', {}, behind, ' ', rate),
      ),
      mayOperate && h('div', { class: 'run-buttons' }, again, turn),
    ),
    trouble,
    build,
    error,
    letters.element,
    partitions.element,
  )
  let isPaused = false
  let isActing = false
  /** @type {{ readonly at: number, readonly seen: number } | undefined} */
  let before

  /** @param {string} action @param {object} [more] */
  async function said(action, more) {
    if (isActing) return
    isActing = true
    fill(trouble)
    try {
      await act(name, action, { sink, ...more })
      // what was pressed may be gone
      if (document.activeElement === document.body) turn.focus()
    } catch (problem) {
      if (element.isConnected) fill(trouble, troubleBox(problem))
    } finally {
      isActing = false
    }
  }

  /** @param {ProjectionRun} run */
  function speed({ positions }) {
    const [at, seen] = [performance.now(), positions.reduce((sum, position) => sum + position, 0)]
    const versions = before && seen > before.seen ? ((seen - before.seen) / (at - before.at)) * 1_000 : 0
    before = { at, seen }
    return versions >= 1 ? `${number(Math.round(versions))} a second` : ''
  }

  return {
    element,
    /** @param {ProjectionRun} run */
    update(run) {
      element.dataset['state'] = run.state
      isPaused = run.state === 'paused'
      say(state, run.state)
      say(meaning, MEANING[run.state])
      if (since.dataset['at'] !== (run.since ?? '')) {
        since.dataset['at'] = run.since ?? ''
        fill(since, run.since !== undefined && [', since ', timeElement(run.since)])
      }
      say(behind, behindText(run))
      say(rate, speed(run))
      say(turn, isPaused ? 'Resume' : 'Pause')
      turn.ariaLabel = `${isPaused ? 'Resume' : 'Pause'} ${where}`
      again.hidden = run.deadLetters.length === 0
      say(error, run.deadLetters.length === 0 ? (run.error ?? '') : '')
      say(
        build,
        run.build
          ? `Version ${run.build.version} is built beside it: ${number(run.build.versions)} of ${number(run.build.total)} versions.`
          : '',
      )
      partitions.update(run)
      letters.update(run.deadLetters)
    },
  }
}

/** @param {ProjectionRun} run */
const behindText = ({ lag: { versions, seconds } }) =>
  versions === 0 ? 'Up to date' : `${number(versions)} ${versions === 1 ? 'version' : 'versions'} behind, for ${howLong(seconds)}`
