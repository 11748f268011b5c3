// What sources do about servers that send too much, too fast, or nothing.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import { plainFormat } from '../plain-format.ts'
import type { MarketAsk, MarketSource } from '../source.ts'
import { MAX_MARKET_PAGE_BYTES, pollingSource } from './polling.ts'
import { MAX_MESSAGE_BYTES, MAX_QUEUED_MESSAGES, webSocketSource } from './web-socket.ts'

const ASK: MarketAsk = { symbols: ['A'], interval: 'minute', since: {} }
const never = new AbortController().signal

async function socketServer(t: TestContext, onSocket: (socket: WebSocket) => void, options: ServerOptions = {}): Promise<URL> {
  const server = new WebSocketServer({ ...options, host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  t.after(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

async function httpServer(t: TestContext, listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/bars`)
}

async function readOne(source: MarketSource): Promise<void> {
  for await (const _ of source.read(ASK, never)) return
}

test('what comes faster than it is taken is left with its sender', async (t) => {
  const COUNT = 40_000
  let sending: WebSocket | undefined
  const url = await socketServer(t, (socket) => {
    sending = socket
    for (let n = 0; n < COUNT; n++) socket.send(JSON.stringify({ n, filling: 'x'.repeat(1_000) }))
  })
  let taken = 0
  let most = 0
  for await (const { bars } of webSocketSource({ url, format: plainFormat }).read(ASK, never)) {
    if (taken === 0) {
      await sleep(500)
      assert.ok((sending?.bufferedAmount ?? 0) > 10_000_000, `${sending?.bufferedAmount} bytes wait at the sender`)
    }
    taken += bars.length
    most = Math.max(most, bars.length)
    if (taken === COUNT) break
  }
  // reading stops between two pieces that the socket reads, so a piece more may come
  assert.ok(most < MAX_QUEUED_MESSAGES + 200, `${most} at a time`)
})

test('a message that is too long ends the connection', async (t) => {
  const url = await socketServer(t, (socket) => socket.send('x'.repeat(MAX_MESSAGE_BYTES + 1)))
  await assert.rejects(readOne(webSocketSource({ url, format: plainFormat })), /Max payload size exceeded/)
})

test('a connection on which nothing comes, not even an answer to a ping, is ended; one that answers is kept', async (t) => {
  const read = async (autoPong: boolean, signal: AbortSignal): Promise<void> => {
    const url = await socketServer(t, () => {}, { autoPong })
    for await (const _ of webSocketSource({ url, format: plainFormat, silenceMs: 100 }).read(ASK, signal)) assert.fail()
  }
  await assert.rejects(read(false, never), /has closed the connection/)
  const ending = new AbortController()
  const kept = read(true, ending.signal)
  const ended = kept.catch(() => 'ended')
  assert.equal(await Promise.race([ended, sleep(600, 'kept')]), 'kept')
  ending.abort()
  assert.equal(await ended, 'ended')
})

test('a page that is too long, none, or elsewhere, is an error', async (t) => {
  const poll = (url: URL) => readOne(pollingSource({ url, format: plainFormat, everyMs: 10 }))
  const long = await httpServer(t, (_, response) => {
    response.on('error', () => {})
    response.end(Buffer.alloc(MAX_MARKET_PAGE_BYTES + 1, 0x20))
  })
  await assert.rejects(poll(long), /more than 16777216 bytes/)
  await assert.rejects(poll(await httpServer(t, (_, response) => response.end('<html>'))), /what is no JSON/)
  let asked = 0
  const elsewhere = await httpServer(t, () => asked++)
  await assert.rejects(
    poll(await httpServer(t, (_, response) => response.writeHead(302, { location: elsewhere.href }).end())),
    /fetch failed/,
  )
  assert.equal(asked, 0)
})

test('it waits as long as it is asked to', async (t) => {
  const asked: number[] = []
  const url = await httpServer(t, (_, response) => {
    asked.push(performance.now())
    if (asked.length === 1) response.writeHead(429, { 'retry-after': '1' }).end()
    else response.end('{"bars":[]}')
  })
  await readOne(pollingSource({ url, format: plainFormat, everyMs: 10 }))
  assert.ok((asked[1] ?? 0) - (asked[0] ?? 0) > 900)
})
