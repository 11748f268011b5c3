import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { FieldError } from '../ledger/failure.ts'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { fromMicros, toMicros, type Instant } from '../ledger/instant.ts'
import type { JsonObject } from '../ledger/json.ts'
import type { CurrentRecord, VersionRecord } from '../ledger/record.ts'
import { amended, appendUnit, edited, opened, submitted } from '../test/append-unit.ts'
import { bareApp } from '../test/bare-app.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import type { Change } from './diff.ts'
import { readRoutes } from './http.ts'
import type { Asked } from './show.ts'

let db: TestDatabase
let ledger: Ledger
let app: FastifyInstance

before(async () => {
  db = await testDatabase()
  ledger = await openLedger({ url: db.url })
  app = bareApp()
  readRoutes(app, ledger)
})
after(async () => {
  await app?.close()
  await ledger?.close()
  await db?.drop()
})

/** Whatever any of the routes answers. */
interface Body extends CurrentRecord {
  readonly code: string
  readonly detail: string
  readonly errors: readonly FieldError[]
  readonly asked: Asked
  readonly data: readonly CurrentRecord[] & JsonObject
  readonly versions: readonly CurrentRecord[]
  readonly hasMore: boolean
  readonly next: string | number
  readonly from: unknown
  readonly to: unknown
  readonly fromVersion: number
  readonly changes: readonly Change[]
}

interface Answer {
  readonly status: number
  readonly json: Body
  readonly etag: string | undefined
}

async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const { statusCode, body, headers: answered } = await app.inject({ method: 'GET', url, headers })
  return { status: statusCode, json: (body === '' ? undefined : JSON.parse(body)) as Body, etag: answered.etag }
}

const q = encodeURIComponent
const step = (at: Instant, micros: bigint): Instant => fromMicros(toMicros(at) + micros)
const plain = (record: VersionRecord): JsonObject => JSON.parse(JSON.stringify(record)) as JsonObject

/** A trade with four versions, in units of their own. */
async function trade(id: string): Promise<readonly VersionRecord[]> {
  const records = [...(await appendUnit(ledger, [submitted(id)]))]
  for (const price of ['2', '3', '4']) records.push(...(await appendUnit(ledger, [amended(id, { price })])))
  return records
}

test('latest, with an ETag and 304; by kind and by any kind', async () => {
  const records = await trade('trade:ann:T-1')
  const expected = { ...plain(records[3] as VersionRecord), latest: true }
  for (const path of ['/v1/trades/trade:ann:T-1', '/v1/entities/trade%3Aann%3AT-1']) {
    const answer = await get(path)
    assert.deepEqual([answer.status, answer.etag, answer.json], [200, '"4"', expected])
    for (const known of ['"4"', 'W/"4"', '"3", "4"', '*']) {
      const unchanged = await get(path, { 'if-none-match': known })
      assert.deepEqual([unchanged.status, unchanged.etag, unchanged.json], [304, '"4"', undefined], known)
    }
    assert.equal((await get(path, { 'if-none-match': '"3"' })).status, 200)
  }
  assert.deepEqual((await get('/v1/tickets/trade:ann:T-1')).json.errors, [
    { pointer: 'id', detail: 'must be an entity id, ticket:owner:local' },
  ])
  assert.equal((await get('/v1/entities/nonsense')).status, 400)
  const missing = await get('/v1/trades/trade:ann:none')
  assert.deepEqual([missing.status, missing.json.entityId], [404, 'trade:ann:none'])
  assert.equal((await get('/v1/entities/unheard:ann:T-1')).status, 404)
})

test('by version and as of a recorded time, the question echoed', async () => {
  const records = await trade('trade:ben:T-1')
  const path = '/v1/entities/trade:ben:T-1'
  for (const record of records) {
    const byVersion = await get(`${path}?version=${record.version}`)
    assert.deepEqual(byVersion.json, { ...plain(record), latest: record.version === 4, asked: { version: record.version } })
    assert.equal(byVersion.etag, undefined)
    const then = await get(`${path}?asOf=${q(record.recordedAt)}`)
    assert.deepEqual(then.json, { ...plain(record), asked: { asOf: record.recordedAt } })
    const before = await get(`${path}?asOf=${q(step(record.recordedAt, -1n))}`)
    if (record.version === 1) assert.deepEqual([before.status, before.json.code], [404, 'not_found'])
    else assert.equal(before.json.version, record.version - 1)
  }
  for (const version of ['5', '2147483648', '9999999999']) assert.equal((await get(`${path}?version=${version}`)).status, 404, version)
})

test('what is not a question is a 400 that says where', async () => {
  await trade('trade:cat:T-1')
  const future = new Date(Date.now() + 3_600_000).toISOString()
  const cases: readonly (readonly [string, string])[] = [
    ['version=0', 'version'],
    ['version=x', 'version'],
    ['version=-1', 'version'],
    ['version=', 'version'],
    ['version=12345678901', 'version'],
    ['version=1&version=2', 'version'],
    ['asOf=now', 'asOf'],
    ['asOf=', 'asOf'],
    ['asOf=2026-13-01T00:00:00Z', 'asOf'],
    ['effectiveAsOf=2026-01-01', 'effectiveAsOf'],
    ['version=1&asOf=2026-01-01T00:00:00Z', 'version'],
    ['colour=red', 'colour'],
    ['__proto__=x', '__proto__'],
    ['%00=x', '\0'],
  ]
  for (const [query, pointer] of cases) {
    const answer = await get(`/v1/entities/trade:cat:T-1?${query}`)
    assert.deepEqual([answer.status, answer.json.errors?.map((error) => error.pointer)], [400, [pointer]], query)
  }
  assert.equal((await get(`/v1/entities/trade:cat:T-1?asOf=${q(future)}`)).status, 400)
  assert.equal((await get(`/v1/trades?owner=cat&asOf=${q(future)}`)).status, 400)
})

test('offsets mean the same instant, also with a plus that was not escaped', async () => {
  await trade('trade:dan:T-1')
  const second = `${new Date(Date.now() - 5_000).toISOString().slice(0, 19)}Z`
  const zone = `${new Date(Date.parse(second) + 19_800_000).toISOString().slice(0, 19)}+05:30`
  const asked = await Promise.all(
    [second, q(zone), zone].map(async (at) => (await get(`/v1/entities/trade:dan:T-1?effectiveAsOf=${at}`)).json),
  )
  assert.equal(asked[0]?.code, 'not_found')
  assert.equal(new Set(asked.map((one) => one.detail.replace(/ by .*/, ''))).size, 1)
})

test('a correction recorded late, effective early', async () => {
  const id = 'ticket:eve:E'
  await appendUnit(ledger, [opened(id, { fields: { terms: 'old' } })], { effectiveAt: '2026-01-01T00:00:00.000000Z' })
  const [later] = await appendUnit(ledger, [edited(id, { fields: { terms: 'new' } })], { effectiveAt: '2026-03-01T00:00:00.000000Z' })
  const [corrected] = await appendUnit(ledger, [edited(id, { fields: { terms: 'corrected', why: 'contract' } })], {
    effectiveAt: '2026-02-01T00:00:00.000000Z',
  })
  const fields = async (query: string) => {
    const answer = await get(`/v1/entities/${id}?${query}`)
    return answer.status === 200 ? answer.json.state.fields : answer.status
  }
  assert.equal(await fields('effectiveAsOf=2025-12-31T00:00:00Z'), 404)
  assert.deepEqual(await fields('effectiveAsOf=2026-01-15T00:00:00Z'), { terms: 'old' })
  assert.deepEqual(await fields('effectiveAsOf=2026-02-15T00:00:00Z'), { terms: 'corrected', why: 'contract' })
  assert.deepEqual(await fields('effectiveAsOf=2026-03-15T00:00:00Z'), { terms: 'new', why: 'contract' })
  assert.deepEqual(await fields(`effectiveAsOf=2026-02-15T00:00:00Z&asOf=${q(later?.recordedAt ?? '')}`), { terms: 'old' })
  const answer = (await get(`/v1/entities/${id}?effectiveAsOf=2026-03-15T00:00:00Z`)).json
  assert.deepEqual(answer.asked, { asOf: corrected?.recordedAt, effectiveAsOf: '2026-03-15T00:00:00.000000Z' })
  assert.ok(!('latest' in answer))
  const listed = (await get('/v1/tickets?owner=eve&effectiveAsOf=2026-01-15T00:00:00Z')).json
  assert.deepEqual(
    listed.data.map((record) => record.state['fields']),
    [{ terms: 'old' }],
  )
  assert.deepEqual(listed.asked, { asOf: corrected?.recordedAt, effectiveAsOf: '2026-01-15T00:00:00.000000Z' })
})

test('history by pages', async () => {
  const id = 'ticket:fay:H'
  await appendUnit(ledger, [opened(id)])
  for (let n = 0; n < 13; n++)
    await appendUnit(
      ledger,
      Array.from({ length: 20 }, (_, m) => edited(id, { priority: `${n}.${m}` })),
    )
  const path = `/v1/entities/${id}/history`
  const versions = (answer: Answer) => answer.json.versions.map((record) => record.version)
  const page = await get(`${path}?after=2&limit=3`)
  assert.deepEqual([versions(page), page.json.hasMore, page.json.next], [[3, 4, 5], true, 5])
  assert.equal(page.json.versions[0]?.latest, false)
  const whole = await get(`${path}?limit=1000`)
  assert.deepEqual([versions(whole), whole.json.hasMore, whole.json.next], [Array.from({ length: 261 }, (_, n) => n + 1), false, 261])
  assert.equal(whole.json.versions.at(-1)?.latest, true)
  assert.equal((await get(path)).json.versions.length, 100)
  assert.deepEqual((await get(`${path}?after=200&limit=61`)).json.hasMore, false)
  assert.deepEqual((await get(`${path}?after=261`)).json, { versions: [], hasMore: false, next: 261 })
  assert.deepEqual((await get(`${path}?after=9999999999`)).json.versions, [])
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'after=-1', 'after=x', 'x=1'])
    assert.equal((await get(`${path}?${query}`)).status, 400, query)
  assert.equal((await get('/v1/entities/ticket:fay:none/history')).status, 404)
  assert.equal((await get('/v1/entities/ticket:fay:none/history?after=7')).status, 404)
})

test('a page of large states ends early, and says so', async () => {
  const id = 'ticket:fay:large'
  await appendUnit(ledger, [
    opened(id, { fields: Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`f${n}`, `${n}`.repeat(500)])) }),
  ])
  await appendUnit(
    ledger,
    Array.from({ length: 499 }, (_, n) => edited(id, { priority: `${n}` })),
  )
  const seen: number[] = []
  let pages = 0
  for (let after = 0, hasMore = true; hasMore; pages++) {
    const page = (await get(`/v1/entities/${id}/history?limit=1000&after=${after}`)).json
    seen.push(...page.versions.map((record) => record.version))
    ;({ hasMore } = page)
    after = Number(page.next)
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 500 }, (_, n) => n + 1),
  )
  assert.ok(pages > 1 && pages < 6, `${pages} pages`)
})

test('differences between versions, times, and both', async () => {
  const records = await trade('trade:gus:T-1')
  const path = '/v1/entities/trade:gus:T-1/diff'
  const byVersion = (await get(`${path}?from=1&to=3`)).json
  assert.deepEqual(byVersion, {
    entityId: 'trade:gus:T-1',
    from: 1,
    to: 3,
    fromVersion: 1,
    toVersion: 3,
    changes: [{ path: '/price', before: '1', after: '3' }],
  })
  const at = records[3]?.recordedAt ?? ''
  const mixed = (await get(`${path}?from=${q(at)}&to=2`)).json
  assert.deepEqual([mixed.from, mixed.fromVersion, mixed.to, mixed.changes], [at, 4, 2, [{ path: '/price', before: '4', after: '2' }]])
  for (const query of ['', 'from=1', 'from=1&to=0', 'from=1&to=soon', 'from=1&to=2&to=3', 'from=12345678901&to=1'])
    assert.equal((await get(`${path}?${query}`)).status, 400, query)
  for (const query of ['from=1&to=9', 'from=1900-01-01T00:00:00Z&to=1']) assert.equal((await get(`${path}?${query}`)).status, 404, query)
})

test('lists: filters, pages, defined order, as they were', async () => {
  const ids = Array.from({ length: 7 }, (_, n) => `trade:hal:T${n}`)
  for (const [n, id] of ids.entries()) await appendUnit(ledger, [submitted(id, { instrument: n % 2 ? 'ODD' : 'EVEN' })])
  await appendUnit(ledger, [{ entityId: 'trade:hal:T3', event: 'TradeCancelled', data: {} }])
  const local = (records: readonly VersionRecord[]) => records.map((record) => record.entityId.split(':')[2])
  const all = async (query: string) => {
    const found: VersionRecord[] = []
    for (let cursor = ''; ;) {
      const { status, json } = await get(`/v1/trades?${query}${cursor}`)
      assert.equal(status, 200, JSON.stringify(json))
      found.push(...json.data)
      if (!json.hasMore) {
        assert.equal(json.next, null)
        return found
      }
      cursor = `&cursor=${q(json.next)}`
    }
  }
  assert.deepEqual(local(await all('owner=hal&limit=3')), ['T6', 'T5', 'T4', 'T3', 'T2', 'T1', 'T0'])
  assert.deepEqual(local(await all('owner=hal&limit=1&instrument=ODD&status=open')), ['T5', 'T1'])
  assert.ok((await all('limit=2')).some((record) => record.entityId === 'trade:hal:T0'))
  const recordedAt = (await get('/v1/trades/trade:hal:T3?version=1')).json.recordedAt
  const then = await all(`owner=hal&limit=2&asOf=${q(recordedAt)}`)
  assert.deepEqual(
    then.map((record) => [record.entityId, record.state['status'], 'latest' in record]),
    ids
      .slice(0, 4)
      .toReversed()
      .map((id) => [id, 'open', false]),
  )
  assert.equal((await get('/v1/trades?owner=hal')).json.data[0]?.latest, true)

  const { next } = (await get('/v1/trades?owner=hal&limit=3')).json
  const refused = [
    'limit=0',
    'limit=1001',
    'limit=x',
    'cursor=nonsense',
    'cursor=',
    'colour=red',
    `cursor=${next}&status=open`,
    `cursor=${next}&asOf=${q(recordedAt)}`,
    'owner=hal&limit=1',
    'status=',
    'status=%00',
  ]
  for (const query of refused) assert.equal((await get(`/v1/trades?owner=hal&${query}`)).status, 400, query)
  assert.equal((await get(`/v1/trades?owner=ian&cursor=${next}`)).status, 400)
  assert.deepEqual((await get('/v1/trades?asOf=2026-01-01T00:00:00Z')).json.errors, [
    { pointer: 'asOf', detail: 'is asked with an owner only' },
  ])
  assert.equal((await get(`/v1/trades?owner=hal&cursor=${next}&limit=2`)).status, 200, 'the limit may change')
})

test('pages by effective time stay at the instant of the first', async () => {
  for (let n = 0; n < 3; n++) await appendUnit(ledger, [submitted(`trade:joe:T${n}`)], { effectiveAt: '2026-01-01T00:00:00.000000Z' })
  const first = (await get('/v1/trades?owner=joe&limit=1&effectiveAsOf=2026-02-01T00:00:00Z')).json
  await appendUnit(ledger, [amended('trade:joe:T1', { price: '9' })], { effectiveAt: '2026-01-02T00:00:00.000000Z' })
  const second = (await get(`/v1/trades?owner=joe&limit=1&effectiveAsOf=2026-02-01T00:00:00Z&cursor=${first.next}`)).json
  assert.deepEqual([second.data[0]?.entityId, second.data[0]?.state.price, second.asked], ['trade:joe:T1', '1', first.asked])
  assert.equal((await get('/v1/trades?owner=joe&effectiveAsOf=2026-02-01T00:00:00Z')).json.data[1]?.state.price, '9')
})
