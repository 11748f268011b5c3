// The feed, live: server-sent events, resumed by Last-Event-ID. What comes together is delivered together.
import type { Source } from '../consume.ts'
import { recordOf } from '../record.ts'
import { eventReader } from './event-stream.ts'
import { ask, feedName, feedQuery, Unanswered, type FeedChoice } from './ledger.ts'

/** The server says something every 15 s: a connection that is silent for so long is dead. */
export const SILENCE_MS = 45_000

export interface FeedStreamOptions extends FeedChoice {
  readonly silenceMs?: number
}

/** The stream of one connection; that it ends is no end of the feed, so it is thrown, and consume connects again. */
export function feedStream({ silenceMs = SILENCE_MS, ...choice }: FeedStreamOptions): Source {
  return {
    name: feedName(choice),
    async *read(cursor, signal) {
      const silent = new AbortController()
      const listen = () => setTimeout(() => silent.abort(new Unanswered(`${choice.url} has said nothing for ${silenceMs} ms`)), silenceMs)
      let timer = listen()
      try {
        const headers = { accept: 'text/event-stream', ...(cursor !== undefined && { 'last-event-id': cursor }) }
        const response = await ask(choice, '/feed', feedQuery(choice), AbortSignal.any([signal, silent.signal]), headers)
        const events = eventReader()
        for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
          clearTimeout(timer)
          const came = events(piece)
          const last = came.at(-1)
          if (last) yield { records: came.flatMap(({ data }) => (data === undefined ? [] : [recordOf(JSON.parse(data))])), cursor: last.id }
          timer = listen()
        }
      } finally {
        clearTimeout(timer)
      }
      if (!signal.aborted) throw new Unanswered('the stream ended')
    },
  }
}
