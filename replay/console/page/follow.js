// Follows the feed for as long as the page is open: what breaks off is taken up again after the last version that came.
import { request, Trouble, unreachable } from './api.js'
import { eventParser } from './event-stream.js'
import { queryOf } from './router.js'
import { pause } from './trouble.js'

/** @import {Query, VersionRecord} from './types.ts' */

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8_000
/** The server says something every 15 seconds: a connection that is silent for this long is dead. */
const SILENCE_MS = 40_000

/**
 * Until the signal is aborted. Throws Trouble where the feed is refused for good.
 * @param {object} feed
 * @param {{ after: string }} feed.cursor Moves on as versions come.
 * @param {Query} feed.query What of the feed, e.g. only some kinds.
 * @param {AbortSignal} feed.signal
 * @param {(record: VersionRecord) => void} feed.onVersion
 * @param {(state: 'live' | 'reconnecting') => void} feed.onState
 */
export async function follow({ cursor, query, signal, onVersion, onState }) {
  let wait = FIRST_WAIT_MS
  while (!signal.aborted) {
    try {
      await once(`v1/feed${queryOf({ ...query, after: cursor.after })}`, {
        signal,
        onOpen() {
          wait = FIRST_WAIT_MS
          onState('live')
        },
        onId: (id) => (cursor.after = id),
        onData: (data) => onVersion(JSON.parse(data)),
      })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof Trouble && error.isPassing)) throw error
    }
    if (signal.aborted) return
    onState('reconnecting')
    await pause(wait, signal)
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
  }
}

/**
 * One connection, until it ends.
 * @param {string} path
 * @param {object} of
 * @param {AbortSignal} of.signal
 * @param {() => void} of.onOpen
 * @param {(id: string) => void} of.onId
 * @param {(data: string) => void} of.onData
 */
async function once(path, { signal, onOpen, onId, onData }) {
  const silent = new AbortController()
  const die = () => silent.abort(unreachable())
  let watch = setTimeout(die, SILENCE_MS)
  const parse = eventParser({ onId, onData })
  try {
    const response = await request(path, { signal: AbortSignal.any([signal, silent.signal]), headers: { accept: 'text/event-stream' } })
    onOpen()
    if (!response.body) return
    for await (const text of pieces(response.body)) {
      clearTimeout(watch)
      watch = setTimeout(die, SILENCE_MS)
      parse(text)
    }
  } finally {
    clearTimeout(watch)
  }
}

/** Not every browser can iterate a stream. A connection that breaks ends it. @param {ReadableStream<Uint8Array>} body */
async function* pieces(body) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const read = await reader.read().catch(() => undefined)
    if (!read || read.done) return
    yield decoder.decode(read.value, { stream: true })
  }
}
