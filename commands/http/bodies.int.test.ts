import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { served } from '../../test/served.ts'
import { MAX_BODIES_BYTES, MAX_BODY_BYTES } from './limits.ts'

test('more large bodies than there is room for: the rest hear 503 before they are read, and later there is room again', async () => {
  await using database = await testDatabase()
  await using server = await served(database.url)
  const most = MAX_BODIES_BYTES / MAX_BODY_BYTES
  const head = `POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${MAX_BODY_BYTES}\r\n\r\n`
  const full = Array.from({ length: most }, () => connect(server.port, '127.0.0.1'))
  for (const socket of full) socket.write(head)
  let text = ''
  while (text === '') {
    const one = await server.post('/v1/tickets', { owner: 'ann', subject: 's' })
    if (one.status === 503) text = one.problem.code + one.headers.get('retry-after')
  }
  assert.equal(text, 'overloaded1')
  await Promise.all(full.map((socket) => once(socket.destroy(), 'close')))
  let status = 503
  while (status === 503) status = (await server.post('/v1/tickets', { owner: 'ann', subject: 's' })).status
  assert.equal(status, 201)
})
