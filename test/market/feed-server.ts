// Promises: a stream of messages by WebSocket and by REST on a free port, from servers that drop connections, fail, and want patience, as chance has it; `calm` ones do not.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Random } from '../kill/random.ts'
import { firstOf, type StreamMessage } from './recorded-stream.ts'

export interface FeedServer extends AsyncDisposable {
  readonly wsUrl: string
  readonly httpUrl: string
  readonly seen: { connections: number; requests: number }
}

interface FeedServerOptions {
  readonly messages: readonly StreamMessage[]
  readonly chance: Random
  readonly isCalm?: boolean
  /** What a caller has to send. */
  readonly key?: string
}

const PAGE = 100
const DROPPED_AFTER = 400
const FAILS = 0.2

interface Subscription {
  readonly subscribe: { readonly since: Readonly<Record<string, string>>; readonly symbols: readonly string[]; readonly cursor?: string }
}

export async function feedServer({ messages, chance, isCalm = false, key }: FeedServerOptions): Promise<FeedServer> {
  const seen = { connections: 0, requests: 0 }
  const http = createServer((request, response) => {
    seen.requests++
    answer(request, response)
  })
  const sockets = new WebSocketServer({
    server: http,
    verifyClient: ({ req }, done) => done(key === undefined || req.headers['x-key'] === key, 401),
  })

  sockets.on('connection', (socket) => {
    seen.connections++
    socket.on('error', () => {})
    socket.once('message', (data: Buffer) => void stream(socket, JSON.parse(data.toString()) as Subscription))
  })

  async function stream(socket: WebSocket, { subscribe: { symbols, since, cursor } }: Subscription): Promise<void> {
    const starts = symbols.map((symbol) => since[symbol])
    const earliest = starts.includes(undefined) ? undefined : starts.toSorted((a = '', b = '') => (a < b ? -1 : 1))[0]
    let left = isCalm ? Infinity : Math.ceil(chance() * DROPPED_AFTER)
    for (const { text } of messages.slice(firstOf(messages, cursor, earliest))) {
      if (socket.readyState !== socket.OPEN) return
      if (left-- === 0) return socket.terminate()
      socket.send(text)
      if (left % 20 === 0) await sleep(1)
    }
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (key !== undefined && request.headers['x-key'] !== key) return void response.writeHead(401).end()
    // The second in any case: so that chance can not be kind to all of them.
    const isSecond = seen.requests === 2
    if (!isCalm && (isSecond || chance() < FAILS)) {
      const how = isSecond ? 0 : Math.floor(chance() * 3)
      if (how === 0) return void request.socket.destroy()
      return void response.writeHead(how === 1 ? 500 : 429, how === 1 ? {} : { 'retry-after': '0' }).end()
    }
    const query = new URL(request.url ?? '/', 'http://x').searchParams
    const first = firstOf(messages, query.get('cursor') ?? undefined, query.get('since') ?? undefined)
    const page = messages.slice(first, first + PAGE)
    const last = first + page.length - 1
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"bars":[${page.map(({ text }) => text).join(',')}],"cursor":"${last}","hasMore":${last + 1 < messages.length}}`)
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  return {
    wsUrl: `ws://127.0.0.1:${port}/bars`,
    httpUrl: `http://127.0.0.1:${port}/bars`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}
