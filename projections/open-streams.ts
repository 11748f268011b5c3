// Answers that are streamed for long: let go when the client leaves, asked to end when the server stops, and cut off if a client does not read on.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** How long a stopping server waits for streams to come to their end. */
const STOP_GRACE_MS = 2_000
/** A stream that lives longer ends here, and is asked for again. */
const LONGEST_TIMER_MS = 2_147_483_647

export interface OpenStreams {
  /** Sends text piece by piece, as fast as the client reads; one piece waits for it, no more. The signal is aborted when the client leaves, the server stops, or the time is over (milliseconds since 1970). */
  send(reply: FastifyReply, text: (signal: AbortSignal) => AsyncGenerator<string, void, undefined>, until?: number): FastifyReply
}

export function openStreams(app: FastifyInstance): OpenStreams {
  const open = new Map<AbortController, FastifyReply>()
  app.addHook('preClose', (done) => {
    for (const [stop, { raw }] of open) {
      stop.abort()
      setTimeout(() => raw.destroy(), STOP_GRACE_MS).unref()
    }
    done()
  })
  return {
    send(reply, text, until) {
      const stop = new AbortController()
      open.set(stop, reply)
      const over = until === undefined ? undefined : setTimeout(() => stop.abort(), Math.min(until - Date.now(), LONGEST_TIMER_MS))
      reply.raw.once('close', () => {
        open.delete(stop)
        clearTimeout(over)
        stop.abort()
      })
      // A connection that came idle after the server began to stop would hold it up.
      return reply.header('connection', 'close').send(Readable.from(text(stop.signal), { objectMode: true, highWaterMark: 1 }))
    },
  }
}
