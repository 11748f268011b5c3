// Promises: views over HTTP, from any sink the same bytes; who may see what; read your writes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { VersionRecord } from '../ledger/record.ts'
import { projector, type Projector } from '../projections/runner/projector.ts'
import { memorySink } from '../projections/sinks/memory.ts'
import { postgresSink } from '../projections/sinks/postgres.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import { views } from '../projections/views/index.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { served, type Served } from '../test/served.ts'
import { AUDIENCE, ed25519, ISSUER } from '../test/tokens.ts'
import { viewRoutes } from '../projections/serving/view-routes.ts'
import { routes } from './routes.ts'

interface Page {
  readonly data: readonly { readonly key: string; readonly document: Readonly<Record<string, unknown>>; readonly seen: object }[]
  readonly hasMore: boolean
  readonly next: string | null
  readonly total?: object
}

let db: TestDatabase
let server: Served
let running: Projector
const sinks: Sink[] = []

before(async () => {
  db = await testDatabase()
  sinks.push(postgresSink({ url: db.url }), memorySink())
  server = await served(db.url, { routes: routes({ sinks }) })
  running = projector({ ledger: server.ledger, sinks, projections: Object.values(views), heartbeatMs: 100 })
})
after(async () => {
  await running[Symbol.asyncDispose]()
  await server.close()
  for (const sink of sinks) await sink[Symbol.asyncDispose]()
  await db.drop()
})

const page = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> => {
  const answer = await server.call('GET', `/v1/views/${path}`, { headers })
  assert.equal(answer.status, 200, answer.text)
  return JSON.parse(answer.text) as Page
}

async function submit(owner: string, tradeId: string, more: object = {}): Promise<string> {
  const terms = { owner, tradeId, instrument: 'AAPL', side: 'buy', quantity: '10', price: '5', currency: 'USD', ...more }
  const { receipt, status, text } = await server.post('/v1/trades', terms)
  assert.equal(status, 201, text)
  const { partition, position } = receipt.versions.at(-1) as VersionRecord
  return `${partition}:${position}`
}

test('a reader sees what he has written, at once where he says after which position', async () => {
  for (let n = 0; n < 20; n++) {
    const after = await submit('writer', `T-${n}`)
    const { data } = await page(`trades?key=trade:writer:T-${n}`, { 'x-strata-after': after })
    assert.equal(data[0]?.document['entityId'], `trade:writer:T-${n}`)
    assert.deepEqual(data[0].seen, { partition: Number(after.split(':')[0]), position: Number(after.split(':')[1]) })
  }
  const started = performance.now()
  const after = await submit('writer', 'T-20')
  await Promise.all(Array.from({ length: 20 }, () => page('portfolio_risk?owner=writer', { 'x-strata-after': after })))
  assert.ok(performance.now() - started < 5_000)
})

test('any sink gives the same bytes', async () => {
  const after = await submit('bytes', 'T-1', { strategy: 'ä𐍈', counterparty: 'x', clientReference: '1' })
  await server.post('/v1/trades/trade:bytes:T-1/executions', {
    executionId: 'E-1',
    quantity: '3',
    price: '4',
    venue: 'X',
    market: { bid: '1', ask: '2' },
  })
  const last = `${after.split(':')[0]}:${Number(after.split(':')[1]) + 1}`
  for (const view of Object.keys(views)) {
    const ask = async (sink: string) =>
      (await server.call('GET', `/v1/views/${view}?owner=bytes&sink=${sink}`, { headers: { 'x-strata-after': last } })).text
    assert.equal(await ask('postgres'), await ask('memory'), view)
  }
  const { data } = await page('trades?owner=bytes')
  const names = Object.keys(data[0]?.document ?? {})
  assert.deepEqual(names, names.toSorted())
})

test('pages go on where the one before ended; a cursor belongs to its question', async () => {
  let after = ''
  for (let n = 0; n < 7; n++) after = await submit('pages', `T-${n}`, { instrument: n % 2 === 0 ? 'EVEN' : 'ODD' })
  await page('trades?owner=pages', { 'x-strata-after': after })
  const keys: string[] = []
  for (let cursor = ''; ;) {
    const found = await page(`trades?owner=pages&limit=3${cursor}`)
    keys.push(...found.data.map(({ key }) => key))
    assert.equal(found.hasMore, found.next !== null)
    if (found.next === null) break
    cursor = `&cursor=${found.next}`
  }
  assert.deepEqual(
    keys,
    Array.from({ length: 7 }, (_, n) => `trade:pages:T-${n}`),
  )
  const odd = await page('trades?owner=pages&instrument=ODD&limit=1')
  assert.equal(odd.data[0]?.key, 'trade:pages:T-1')
  for (const other of ['trades?owner=other&instrument=ODD', 'trades?instrument=ODD', 'trades?owner=pages', 'balances?owner=pages'])
    assert.equal((await server.call('GET', `/v1/views/${other}&cursor=${odd.next}`)).problem.code, 'invalid_request', other)
  assert.equal((await page(`trades?owner=pages&instrument=ODD&limit=1&cursor=${odd.next}`)).data[0]?.key, 'trade:pages:T-3')
})

test("an owner's exposure is one figure, whichever page it comes with", async () => {
  let after = ''
  for (const [n, instrument] of ['A', 'B', 'B', 'C'].entries()) after = await submit('risk', `T-${n}`, { instrument, price: String(n + 1) })
  const all = await page('portfolio_risk?owner=risk', { 'x-strata-after': after })
  // 10 x 1, 20 x 2.5, 10 x 4
  assert.deepEqual(all.total, { exposure: '100', instruments: 3, trades: 4 })
  const first = await page('portfolio_risk?owner=risk&limit=1')
  assert.deepEqual([first.data.length, first.total], [1, all.total])
  assert.deepEqual((await page(`portfolio_risk?owner=risk&limit=1&cursor=${first.next}`)).total, all.total)
  assert.deepEqual((await page('portfolio_risk?owner=risk&instrument=B')).total, { exposure: '50', instruments: 1, trades: 2 })
  assert.deepEqual((await page('portfolio_risk?owner=nobody')).total, { exposure: '0', instruments: 0, trades: 0 })
  for (const path of ['portfolio_risk', 'portfolio_risk?instrument=B', 'positions?owner=risk'])
    assert.ok(!('total' in (await page(path))), path)
})

test('what a position would earn at a mark', async () => {
  await submit('mark', 'T-1')
  const trade = '/v1/trades/trade:mark:T-1/executions'
  const { receipt } = await server.post(trade, { executionId: 'E-1', quantity: '3', price: '4' })
  const [{ partition, position }] = receipt.versions as readonly [VersionRecord]
  const after = { 'x-strata-after': `${partition}:${position}` }
  for (const sink of ['postgres', 'memory']) {
    const { data } = await page(`positions?owner=mark&instrument=AAPL&mark=05.50&sink=${sink}`, after)
    assert.deepEqual([data[0]?.document['mark'], data[0]?.document['unrealisedPnl']], ['5.5', '4.5'])
  }
  assert.ok(!('mark' in ((await page('positions?owner=mark&instrument=AAPL')).data[0]?.document ?? {})))
  for (const [path, detail] of [
    ['positions?owner=mark&mark=5', /goes with instrument/],
    ['positions?owner=mark&instrument=AAPL&mark=dear', /must be a decimal/],
    ['portfolio_risk?owner=mark&instrument=AAPL&mark=5', /is not known here/],
  ] as const) {
    const { status, problem } = await server.call('GET', `/v1/views/${path}`)
    assert.deepEqual([status, problem.errors?.[0]?.pointer], [400, 'mark'], path)
    assert.match(problem.errors?.[0]?.detail ?? '', detail)
  }
})

test('what is not a question is a 400 that says where; a view or a sink that is not there a 404', async () => {
  const problem = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
    (await server.call('GET', `/v1/views/${path}`, { headers })).problem
  for (const [path, pointer] of [
    ['trades?limit=0', 'limit'],
    ['trades?assignee=x', 'assignee'],
    ['trades?owner=', 'owner'],
    ['trades?key=', 'key'],
    ['trades?cursor=x', 'cursor'],
  ] as const) {
    const { status, errors } = await problem(path)
    assert.deepEqual([status, errors?.[0]?.pointer], [400, pointer], path)
  }
  for (const after of ['', '3', '3:', '16:1', '1:x', '-1:1', '1:1, 2:2']) {
    const { status, errors } = await problem('trades', { 'x-strata-after': after })
    assert.deepEqual([status, errors?.[0]?.pointer], [400, 'X-Strata-After'], after)
  }
  assert.equal((await problem('nothing')).status, 404)
  assert.equal((await problem('trades?sink=nowhere')).status, 404)
  const forged = Buffer.from(JSON.stringify([1, 'x', 'k\0'])).toString('base64url')
  assert.equal((await problem(`trades?cursor=${forged}`)).status, 400)
})

test('what a view does not come to see in time is a 504 that says how far it is', async () => {
  const quick = memorySink()
  await using impatient = await served(db.url, {
    routes: [
      (app, { partitions }) => viewRoutes(app, { partitions, sinks: [quick], projections: Object.values(views), seenWithinMs: 200 }),
    ],
  })
  const { status, problem } = await impatient.call('GET', '/v1/views/trades', { headers: { 'x-strata-after': '3:7' } })
  assert.deepEqual([status, problem.code, problem.seen], [504, 'not_yet', { partition: 3, position: 0 }])
})

test('who waits when the server stops is told so, and does not hold it up', async () => {
  const stopping = await served(db.url, { routes: routes({ sinks: [sinks[0] as Sink] }) })
  const waiting = stopping.call('GET', '/v1/views/trades', { headers: { 'x-strata-after': '3:999999' } })
  await sleep(200)
  const started = performance.now()
  await stopping.close()
  assert.equal((await waiting).problem.code, 'unavailable')
  assert.ok(performance.now() - started < 5_000)
})

test('an owner sees what is his own; an auditor, all; others nothing', async () => {
  const after = await submit('alice', 'T-own')
  await page('trades?owner=alice', { 'x-strata-after': after })
  const issuer = ed25519()
  const auth = { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE }
  await using guarded = await served(db.url, { auth, routes: routes({ sinks }) })
  const asked = async (scope: string, path: string) => {
    const headers = { authorization: `Bearer ${issuer.token({ sub: 'alice', scope })}` }
    return (await guarded.call('GET', path, { headers })).status
  }
  assert.equal(await asked('submit', '/v1/views/trades?owner=alice'), 200)
  assert.equal(await asked('submit', '/v1/views/trades?owner=bob'), 403)
  assert.equal(await asked('submit', '/v1/views/trades'), 403)
  assert.equal(await asked('submit', '/v1/views/trades?key=trade:alice:T-own'), 403)
  assert.equal(await asked('submit:any', '/v1/views/trades'), 200)
  assert.equal(await asked('audit', '/v1/views/trades?owner=bob'), 200)
  for (const scope of ['consume', 'operate']) assert.equal(await asked(scope, '/v1/views/trades?owner=alice'), 403)
  for (const [scope, sees] of [
    ['operate', 200],
    ['audit', 200],
    ['submit:any', 403],
    ['consume', 403],
  ] as const)
    assert.equal(await asked(scope, '/v1/projections'), sees, scope)
})
