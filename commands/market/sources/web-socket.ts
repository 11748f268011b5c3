// Bars by WebSocket. What has come is handed over together, and what comes faster than it is taken is not read: the queue is bounded, and behind it the connection fills up, to its sender.
import { WebSocket } from 'ws'
import { parseExact } from '../exact-json.ts'
import { isForGood, SourceRefused, type Delivery, type MarketFormat, type MarketSource } from '../source.ts'

export const MAX_MESSAGE_BYTES = 1024 * 1024
export const MAX_QUEUED_MESSAGES = 1_000
export const CONNECT_WITHIN_MS = 10_000
/** A connection on which nothing comes for so long, though it was asked, is dead. */
export const SILENCE_MS = 30_000

export interface WebSocketSourceOptions {
  readonly url: URL
  readonly format: MarketFormat
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly silenceMs?: number
}

export function webSocketSource({ url, format, headers = {}, silenceMs = SILENCE_MS }: WebSocketSourceOptions): MarketSource {
  return {
    name: url.host,
    async *read(ask, signal) {
      signal.throwIfAborted()
      const socket = new WebSocket(url, {
        headers,
        maxPayload: MAX_MESSAGE_BYTES,
        handshakeTimeout: CONNECT_WITHIN_MS,
        perMessageDeflate: false,
      })
      const inbox = inboxOf(socket)
      const stop = (): void => socket.terminate()
      signal.addEventListener('abort', stop)
      const watch = watchOver(socket, silenceMs)
      socket.on('open', () => socket.send(format.subscription(ask)))
      try {
        for await (const messages of inbox) {
          const told = messages.map((text) => format.translate(parseExact(text), ask))
          yield {
            bars: told.flatMap(({ bars }) => bars),
            cursor: told.findLast(({ cursor }) => cursor !== undefined)?.cursor,
          } satisfies Delivery
        }
      } finally {
        signal.removeEventListener('abort', stop)
        clearInterval(watch)
        socket.terminate()
      }
    },
  }
}

/** Messages as they come, all that are there at a time; reading stops while there are too many. Ends with an error. */
async function* inboxOf(socket: WebSocket): AsyncGenerator<readonly string[]> {
  let queue: string[] = []
  let ended: Error | undefined
  let wake = (): void => {}
  socket.on('message', (data) => {
    queue.push((data as Buffer).toString('utf8'))
    if (queue.length >= MAX_QUEUED_MESSAGES) socket.pause()
    wake()
  })
  const end = (error: Error): void => {
    ended ??= error
    wake()
  }
  socket.on('unexpected-response', (_, { statusCode = 0 }) => {
    const message = `the source answers ${statusCode}`
    end(isForGood(statusCode) ? new SourceRefused(message) : new Error(message))
    socket.terminate()
  })
  socket.on('error', end)
  socket.on('close', (code) => end(new Error(`the source has closed the connection (${code})`)))
  for (;;) {
    if (queue.length > 0) {
      const messages = queue
      queue = []
      yield messages
      socket.resume()
    } else if (ended) throw ended
    else await new Promise<void>((resolve) => (wake = resolve))
  }
}

/** Ends a connection on which not even an answer to a ping comes. One that is not read, because too much has come, is not dead. */
function watchOver(socket: WebSocket, silenceMs: number): NodeJS.Timeout {
  let isHeard = true
  const heard = (): void => void (isHeard = true)
  for (const event of ['open', 'message', 'ping', 'pong'] as const) socket.on(event, heard)
  return setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN || socket.isPaused) return
    if (!isHeard) return socket.terminate()
    isHeard = false
    socket.ping()
  }, silenceMs / 2)
}
