import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { served, type Served } from '../../test/served.ts'

let database: TestDatabase
let server: Served
before(async () => {
  database = await testDatabase()
  server = await served(database.url)
})
after(async () => {
  await server.close()
  await database.drop()
})

/** Sends bytes, and reads until the server closes the connection. */
async function exchange(...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  let text = ''
  socket.on('data', (data) => (text += data.toString()))
  for (const piece of pieces) socket.write(piece)
  await once(socket, 'close', { signal: AbortSignal.timeout(10_000) })
  return text
}

const post = (body: string, more = '') =>
  `POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`

test('what is not HTTP is answered with a problem', async () => {
  const hostile = [
    'nonsense\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n',
    'FOO / HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
    `GET /${'y'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    'POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}',
    'POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{}',
    'POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}',
    'POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n',
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]),
  ]
  for (const bytes of hostile) {
    const text = await exchange(bytes)
    const shown = `${bytes.toString().slice(0, 60)} -> ${text}`
    assert.match(text, /^HTTP\/1\.1 400 /, shown)
    assert.match(text, /application\/problem\+json/i, shown)
    assert.match(text, /"code":"invalid_request"/, shown)
  }
})

test('a good request before a bad one on the same connection gets its answer', async () => {
  const text = await exchange(post('{"owner":"ann","ticketId":"1","subject":"s"}'), 'nonsense\r\n\r\n')
  assert.match(text, /^HTTP\/1\.1 201 /)
  assert.equal((await server.ledger.read.latest('ticket:ann:1'))?.version, 1)
})

test('a refused upload is read to its end, so that the client sees why', async () => {
  const body = 'x'.repeat(8 * 1024 * 1024)
  const text = await exchange(post(body))
  assert.match(text, /^HTTP\/1\.1 413 /)
  assert.match(text, /payload_too_large/)
})

test('half a body does nothing, an expectation that nobody knows is left alone', async () => {
  const socket = connect(server.port, '127.0.0.1')
  socket.write(post('{"owner":"ann","ticketId":"half","subject":"s"}').slice(0, -3))
  setTimeout(() => socket.destroy(), 50)
  await once(socket, 'close')
  assert.equal(await server.ledger.read.latest('ticket:ann:half'), undefined)
  const text = await exchange(post('{"owner":"ann","ticketId":"2","subject":"s"}', 'Expect: a miracle\r\nConnection: close\r\n'))
  assert.match(text, /^HTTP\/1\.1 201 /)
})
