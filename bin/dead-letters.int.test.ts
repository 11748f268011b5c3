// Promises: a version that a projection can not apply is shown, tried again and skipped over HTTP; who skips it, and why, is in the ledger, and the view goes on without it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { projector } from '../projections/runner/projector.ts'
import type { ProjectionStatus } from '../projections/serving/projection-status.ts'
import { memorySink } from '../projections/sinks/memory.ts'
import { testDatabase } from '../test/database.ts'
import { counts } from '../test/poisoned.ts'
import { served } from '../test/served.ts'
import { AUDIENCE, ed25519, ISSUER } from '../test/tokens.ts'
import { routes } from './routes.ts'

test('shown, tried again, skipped', async () => {
  await using db = await testDatabase()
  await using sink = memorySink()
  const issuer = ed25519()
  const auth = { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE }
  await using server = await served(db.url, { auth, routes: routes({ sinks: [sink], projections: [counts] }) })
  await using _ = projector({ ledger: server.ledger, sinks: [sink], projections: [counts], heartbeatMs: 100 })
  const as = (sub: string, scope: string) => ({ authorization: `Bearer ${issuer.token({ sub, scope })}` })
  const ops = as('olga', 'operate')
  const post = (tradeId: string, instrument: string) =>
    server.post(
      '/v1/trades',
      { owner: 'alice', tradeId, instrument, side: 'buy', quantity: '1', price: '1', currency: 'USD' },
      as('alice', 'submit'),
    )
  for (const [id, instrument] of [
    ['T-1', 'AAPL'],
    ['T-2', 'POISON'],
    ['T-3', 'AAPL'],
  ] as const)
    assert.equal((await post(id, instrument)).status, 201)

  const status = async (): Promise<ProjectionStatus> =>
    JSON.parse((await server.call('GET', '/v1/projections/counts', { headers: ops })).text)
  async function comesTo(state: string): Promise<ProjectionStatus> {
    for (const until = Date.now() + 10_000; Date.now() < until; await sleep(50)) {
      const found = await status()
      if (found.state === state) return found
    }
    assert.fail(JSON.stringify(await status()))
  }
  const stopped = await comesTo('stopped')
  const [letter] = stopped.deadLetters
  assert.ok(letter)
  assert.deepEqual([letter.sink, letter.entityId, letter.version, letter.error], ['memory', 'trade:alice:T-2', 1, 'it is poison'])
  assert.ok(stopped.lag.versions > 0)
  assert.deepEqual(
    stopped.sinks[0]?.partitions.map(({ state, lag }) => [state, lag.versions > 0]),
    stopped.positions.map((_, partition) => (partition === letter.partition ? ['stopped', true] : ['running', false])),
  )

  const skip = (body: object, headers: Readonly<Record<string, string>> = ops) => server.post('/v1/projections/counts/skip', body, headers)
  const { partition, position } = letter
  assert.equal((await server.post('/v1/projections/counts/retry', {}, ops)).status, 200)
  await sleep(500)
  await comesTo('stopped')
  assert.equal((await skip({ partition, position, reason: 'r' }, as('ann', 'audit'))).status, 403)
  assert.equal((await skip({ partition, position: position + 1, reason: 'r' })).status, 404)
  assert.equal((await skip({ partition, position, reason: '' })).status, 400)
  assert.equal((await skip({ partition, position, reason: 'a test order' })).status, 200)
  const running = await comesTo('running')
  assert.deepEqual(running.deadLetters, [])
  const view = await server.call('GET', '/v1/views/counts?owner=alice', {
    headers: { ...as('ann', 'audit'), 'x-strata-after': `${partition}:${position + 1}` },
  })
  assert.deepEqual(JSON.parse(view.text).data[0].document, { count: 2, owner: 'alice' })
  const record = await server.ledger.read.latest(`deadletter:memory:counts.${partition}.${position}`)
  assert.deepEqual([record?.actor, record?.data['reason'], record?.data['error']], ['olga', 'a test order', 'it is poison'])
})
