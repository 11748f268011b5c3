// Asks the server that the page came from. What goes wrong is thrown as Trouble: a problem that the server described, or that it could not be reached.
import { queryOf } from './router.js'
import { token } from './session.js'

/** @typedef {{ readonly title: string, readonly detail?: string, readonly code: string, readonly status: number, readonly errors?: readonly { readonly pointer: string, readonly detail: string }[] }} Problem */

const HTTP_UNAUTHENTICATED = 401
/** It may be different in a moment: too many, too busy, or its database is away. */
const PASSING = [429, 502, 503, 504]
/** And would again. */
const TOOK_TOO_LONG = 'took_too_long'

export class Trouble extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail ?? problem.title)
    this.problem = problem
  }

  get isPassing() {
    return this.problem.status === 0 || (PASSING.includes(this.problem.status) && this.problem.code !== TOOK_TOO_LONG)
  }
}

export const unreachable = () =>
  new Trouble({
    title: 'The server can not be reached',
    detail: 'It may be stopped, or the network is down.',
    code: 'unreachable',
    status: 0,
  })

/** Tells 'refused' (detail: the problem) where a token is needed, or a better one, and 'busy' (detail: how many requests wait for their answer). */
export const events = new EventTarget()

let waiting = 0
/** @param {number} change */
function wait(change) {
  waiting += change
  events.dispatchEvent(new CustomEvent('busy', { detail: waiting }))
}

/**
 * The answer, once its headers are there. Throws Trouble, or what the signal was aborted with.
 * @param {string} path
 * @param {{ readonly signal?: AbortSignal | undefined, readonly headers?: Readonly<Record<string, string>>, readonly body?: object | undefined }} [options] With a body it is sent, and not only asked.
 */
export async function request(path, { signal, headers = {}, body } = {}) {
  const bearer = token()
  const asked = {
    headers: {
      ...headers,
      ...(body && { 'content-type': 'application/json' }),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    },
    ...(signal && { signal }),
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  }
  const response = await reached(signal, () => fetch(path, asked))
  if (response.ok) return response
  const problem = await problemOf(response)
  if (problem.status === HTTP_UNAUTHENTICATED) events.dispatchEvent(new CustomEvent('refused', { detail: problem }))
  throw new Trouble(problem)
}

/**
 * The answer as JSON.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export const ask = (path, signal) => answer(path, { signal })

/**
 * Tells the server to do something; its answer as JSON.
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export const send = (path, body, signal) => answer(path, { body, signal })

/** @param {string} path @param {{ readonly signal?: AbortSignal | undefined, readonly body?: object }} options */
async function answer(path, { signal, body }) {
  wait(1)
  try {
    const response = await request(path, { signal, body })
    return await reached(signal, () => response.json())
  } finally {
    wait(-1)
  }
}

/**
 * Where the API has an entity, or something about it.
 * @param {string} id
 * @param {'' | '/history' | '/diff'} [what]
 * @param {Readonly<Record<string, string | number | undefined>>} [query]
 */
export const entityPath = (id, what = '', query = {}) => `v1/entities/${encodeURIComponent(id)}${what}${queryOf(query)}`

/**
 * @template Result
 * @param {AbortSignal | undefined} signal
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
async function reached(signal, work) {
  try {
    return await work()
  } catch {
    signal?.throwIfAborted()
    throw unreachable()
  }
}

/** @param {Response} response @returns {Promise<Problem>} */
async function problemOf(response) {
  const said = { title: 'The server refused', code: `http_${response.status}`, status: response.status }
  if (!response.headers.get('content-type')?.includes('json')) return said // a proxy's answer
  return { ...said, ...(await response.json().catch(() => ({}))) }
}
