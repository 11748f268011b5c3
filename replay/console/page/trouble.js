// What went wrong, in plain words with its code; and again, by itself, where it may pass.
import { Trouble } from './api.js'
import { fill, h } from './h.js'

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 10_000

/**
 * @param {unknown} error
 * @param {(() => void)} [again]
 */
export function troubleBox(error, again) {
  const {
    title,
    detail,
    code,
    errors = [],
  } = error instanceof Trouble ? error.problem : { title: 'The page has a fault', detail: String(error), code: 'page' }
  return h(
    'div',
    { class: 'trouble', role: 'alert' },
    h('strong', {}, title),
    h('code', {}, code),
    detail && h('p', {}, detail),
    errors.length > 1 &&
      h(
        'ul',
        {},
        errors.map((one) => h('li', {}, h('code', {}, one.pointer), ` ${one.detail}`)),
      ),
    again && h('p', {}, 'Trying again by itself. ', h('button', { type: 'button', onclick: again }, 'Try now')),
  )
}

/**
 * Does the work, and shows in the place why it could not be done, for as long as that is so. What may pass is tried again until it has, or the signal is aborted. Undefined: it was not done.
 * @template Result
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result | undefined>}
 */
export async function tried(place, signal, work) {
  for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      const result = await work()
      if (signal.aborted) return undefined
      fill(place)
      return result
    } catch (error) {
      if (signal.aborted) return undefined
      if (!(error instanceof Trouble && error.isPassing)) {
        fill(place, troubleBox(error))
        return undefined
      }
      await new Promise((resolve) => {
        fill(
          place,
          troubleBox(error, () => resolve(undefined)),
        )
        void pause(wait, signal).then(resolve)
      })
    }
  }
  return undefined
}

/**
 * Until the time is over, the network is back, or the signal is aborted.
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const over = new AbortController()
    const end = () => {
      over.abort()
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    addEventListener('online', end, { signal: over.signal })
    signal.addEventListener('abort', end, { signal: over.signal })
  })
}
