import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { bulkAnswers, served } from '../../test/served.ts'
import { openLedger } from '../../ledger/index.ts'
import { STOP_WITHIN_MS } from './limits.ts'

const HANDS = 24

test('a stop under load: what was accepted is answered and durable, what was not left nothing', async () => {
  await using database = await testDatabase()
  const server = await served(database.url)
  let received = 0
  let answered = 0
  server.app.server.on('request', (_, response) => {
    received++
    response.once('finish', () => answered++)
  })
  const acknowledged = new Set<string>()
  const failed = new Set<string>()
  let stopping = false
  let serial = 0
  const hand = async (): Promise<void> => {
    while (true) {
      const local = `t${serial++}`
      const answer = await server.post('/v1/tickets', { owner: 'ann', ticketId: local, subject: 's' }).catch(() => undefined)
      if (answer === undefined) {
        assert.ok(stopping, 'no connection breaks before the stop')
        failed.add(local)
        return
      }
      assert.equal(answer.status, 201, answer.text)
      acknowledged.add(local)
    }
  }
  const hands = Array.from({ length: HANDS }, hand)
  await sleep(500)
  stopping = true
  const began = performance.now()
  await server.close()
  assert.ok(performance.now() - began < 5_000, 'idle connections do not hold it')
  await Promise.all(hands)
  assert.equal(answered, received)
  assert.ok(acknowledged.size > HANDS)
  assert.equal(failed.size, HANDS)

  await using ledger = await openLedger({ url: database.url })
  for (const local of acknowledged) assert.ok(await ledger.read.latest(`ticket:ann:${local}`), local)
  for (const local of failed) assert.equal(await ledger.read.latest(`ticket:ann:${local}`), undefined, local)
})

test('a stop tells bulk lines that come later, and does not wait for who says nothing', async () => {
  await using database = await testDatabase()
  const server = await served(database.url)
  const idle = connect(server.port, '127.0.0.1')
  await once(idle, 'connect')
  const slow = connect(server.port, '127.0.0.1')
  slow.on('error', () => {})
  slow.write('POST /v1/tickets HTTP/1.1\r\nHost:')
  const line = (n: number) => `${JSON.stringify({ command: 'OpenTicket', entityId: `ticket:ann:${n}`, data: { subject: 's' } })}\n`
  const bulk = request(`${server.url}/v1/commands`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } })
  bulk.write(line(1))
  const [answer] = (await once(bulk, 'response')) as [IncomingMessage]

  const began = performance.now()
  const closing = server.close()
  await sleep(50)
  bulk.end(line(2))
  const lines = bulkAnswers(Buffer.concat((await answer.toArray()) as Buffer[]).toString())
  assert.deepEqual(lines.map(({ status }) => status), [201, 503]) // prettier-ignore
  await closing
  assert.ok(performance.now() - began < STOP_WITHIN_MS / 10)
  for (const socket of [idle, slow]) socket.destroy()
})
