import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { openLedger, type Ledger } from '../ledger/index.ts'
import type { VersionRecord } from '../ledger/record.ts'
import { appendUnit, edited, opened, submitted } from '../test/append-unit.ts'
import { bareApp } from '../test/bare-app.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { feedRoutes } from './http.ts'

let db: TestDatabase
let ledger: Ledger
let app: FastifyInstance
let base: string

before(async () => {
  db = await testDatabase()
  ledger = await openLedger({ url: db.url })
  app = bareApp()
  feedRoutes(app, ledger, { heartbeatMs: 300 })
  base = await app.listen({ port: 0, host: '127.0.0.1' })
})
after(async () => {
  await app?.close()
  await ledger?.close()
  await db?.drop()
})

interface Page {
  readonly versions: readonly VersionRecord[]
  readonly next: string
  readonly caughtUp: boolean
}

async function get(query: string, headers: Record<string, string> = {}) {
  const { statusCode, body, headers: answered } = await app.inject({ method: 'GET', url: `/v1/feed?${query}`, headers })
  return {
    status: statusCode,
    body,
    headers: answered,
    page: (statusCode === 200 && String(answered['content-type']).startsWith('application/json') ? JSON.parse(body) : undefined) as Page,
  }
}

async function all(
  query: string,
  after?: string,
): Promise<{ readonly versions: readonly VersionRecord[]; readonly next: string; readonly pages: number }> {
  const versions: VersionRecord[] = []
  for (let cursor = after, pages = 1; ; pages++) {
    const { page } = await get(`${query}${cursor === undefined ? '' : `&after=${cursor}`}`)
    versions.push(...page.versions)
    cursor = page.next
    if (page.caughtUp) return { versions, next: cursor, pages }
  }
}

const names = (versions: readonly VersionRecord[]) => versions.map(({ entityId, version }) => `${entityId}@${version}`)
const owners = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay']
const write = async (local: string) => {
  for (const owner of owners) {
    await appendUnit(ledger, [submitted(`trade:${owner}:${local}`)])
    await appendUnit(ledger, [opened(`ticket:${owner}:${local}`), edited(`ticket:${owner}:${local}`, { priority: 'p' })])
  }
}

interface Event {
  readonly id: string | undefined
  readonly record: VersionRecord | undefined
  readonly comment: boolean
}

/** Events as they come. */
async function* events(query: string, headers: Record<string, string> = {}, signal?: AbortSignal): AsyncGenerator<Event, void, undefined> {
  const response = await fetch(`${base}/v1/feed?${query}`, { headers: { accept: 'text/event-stream', ...headers }, signal: signal ?? null })
  assert.equal(response.status, 200, query)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk, { stream: true })
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const fields = rest.slice(0, end).split('\n')
      rest = rest.slice(end + 2)
      const value = (name: string) => fields.find((field) => field.startsWith(`${name}: `))?.slice(name.length + 2)
      const data = value('data')
      yield {
        id: value('id'),
        record: data === undefined ? undefined : (JSON.parse(data) as VersionRecord),
        comment: fields.some((field) => field.startsWith(':')),
      }
    }
  }
}

test('pages: everything once, in order, whatever the page size', async () => {
  await write('A')
  const whole = await all('limit=1000')
  assert.equal(whole.versions.length, 18)
  assert.ok(whole.versions.every((version) => !('latest' in version)))
  for (const limit of [1, 2, 7]) {
    const { versions, pages } = await all(`limit=${limit}`)
    assert.deepEqual(names(versions).toSorted(), names(whole.versions).toSorted())
    const positions = new Map<number, number>()
    for (const { partition, position } of versions) {
      assert.equal(position, (positions.get(partition) ?? 0) + 1)
      positions.set(partition, position)
    }
    assert.ok(pages >= 18 / limit)
  }
  const { page } = await get('after=end')
  assert.deepEqual([page.versions, page.caughtUp], [[], true])
  await write('B')
  assert.equal((await all('limit=5', page.next)).versions.length, 18)
  assert.equal((await all('limit=1000', whole.next)).versions.length, 18)
})

test('filters: kinds and owner; the place moves on in any case', async () => {
  const { next } = await all('limit=1000')
  await write('C')
  assert.deepEqual(
    names((await all('kinds=trade&limit=2', next)).versions).toSorted(),
    owners.map((owner) => `trade:${owner}:C@1`),
  )
  assert.deepEqual(names((await all('kinds=ticket,trade&owner=eve&limit=2', next)).versions), [
    'trade:eve:C@1',
    'ticket:eve:C@1',
    'ticket:eve:C@2',
  ])
  const nothing = await all('owner=nobody', next)
  assert.deepEqual(nothing.versions, [])
  const { page } = await get(`kinds=account&limit=1&after=${next}`)
  assert.deepEqual(page.versions, [])
  assert.notEqual(page.next, next)
})

test('one partition, by position', async () => {
  const [record] = await appendUnit(ledger, [submitted('trade:gus:P')])
  assert.ok(record)
  const { page } = await get(`partition=${record.partition}&after=${record.position - 1}&limit=1`)
  assert.deepEqual([names(page.versions), page.next, page.caughtUp], [['trade:gus:P@1'], record.position, true])
  const empty = (await get(`partition=${record.partition}&after=${record.position}`)).page
  assert.deepEqual(empty, { versions: [], next: record.position, caughtUp: true })
  assert.equal((await get(`partition=${record.partition}`)).page.versions[0]?.position, 1)
})

test('NDJSON up to the head, and where that was', async () => {
  const headers = { accept: 'application/x-ndjson' }
  const { next } = await all('limit=1000')
  const all18 = await get('', headers)
  const records = all18.body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as VersionRecord)
  assert.deepEqual(names(records).toSorted(), names((await all('limit=1000')).versions).toSorted())
  assert.ok(all18.body.endsWith('\n'))
  await appendUnit(
    ledger,
    Array.from({ length: 700 }, (_, n) => submitted(`trade:hal:N${n}`)),
  )
  const more = await get(`after=${next}&kinds=trade`, headers)
  assert.match(String(more.headers['content-type']), /^application\/x-ndjson/)
  assert.equal(more.body.split('\n').filter(Boolean).length, 700)
  const head = String(more.headers['x-strata-next'])
  await write('D')
  assert.equal((await all('limit=1000', head)).versions.length, 18)
  assert.equal((await get('after=end', headers)).body, '')
})

test('bad questions are refused before anything is sent', async () => {
  const partitions = ledger.partitions
  const { next } = await all('limit=1000')
  const other = await testDatabase()
  const otherLedger = await openLedger({ url: other.url })
  const foreign = bareApp()
  feedRoutes(foreign, otherLedger)
  const ahead = await foreign.inject({ url: `/v1/feed?after=${next}` })
  assert.deepEqual([ahead.statusCode, ahead.json().code], [400, 'foreign_cursor'], 'a cursor ahead of the ledger')
  for (const accept of ['text/event-stream', 'application/x-ndjson'])
    assert.equal((await foreign.inject({ url: `/v1/feed?after=${next}`, headers: { accept } })).statusCode, 400)
  await foreign.close()
  await otherLedger.close()
  await other.drop()
  const refused = [
    'after=garbage',
    'after=',
    'limit=0',
    'limit=1001',
    'kinds=nonsense',
    'kinds=',
    'kinds=trade,',
    'kinds=constructor',
    'owner=a:b',
    'x=1',
    `after=${next}&after=${next}`,
  ]
  for (const query of [
    ...refused,
    `partition=${partitions}`,
    'partition=-1',
    'partition=x',
    'partition=9999',
    'partition=1&after=end',
    'partition=1&after=garbage',
    'partition=1&after=999999999',
    'partition=1&kinds=trade',
    'partition=1&owner=ann',
  ]) {
    assert.equal((await get(query)).status, 400, query)
  }
  for (const query of refused)
    for (const accept of ['text/event-stream', 'application/x-ndjson'])
      assert.equal((await get(query, { accept })).status, 400, `${accept} ${query}`)
  assert.equal((await get('', { accept: 'text/event-stream', 'last-event-id': 'garbage' })).status, 400)
})

test('server-sent events: live, filtered, resumed by Last-Event-ID, which beats after', async () => {
  const { next } = await all('limit=1000')
  const got: Event[] = []
  const following = (async () => {
    for await (const event of events(`after=${next}&kinds=trade`)) {
      if (event.record) got.push(event)
      if (got.length === 6) return
    }
  })()
  await new Promise((later) => setTimeout(later, 100))
  await write('E')
  await following
  assert.deepEqual(
    got.map(({ record }) => record?.entityId ?? '').toSorted(),
    owners.map((owner) => `trade:${owner}:E`),
  )
  assert.ok(got.every(({ record }) => record && !('latest' in record)))
  const rest: string[] = []
  for await (const { record } of events(`after=end&kinds=trade`, { 'last-event-id': got[1]?.id ?? '' })) {
    if (record) rest.push(record.entityId)
    if (rest.length === 4) break
  }
  assert.deepEqual(
    rest.toSorted(),
    got
      .slice(2)
      .map(({ record }) => record?.entityId ?? '')
      .toSorted(),
  )
})

test('every id is a place: resuming after any event misses nothing and repeats nothing', async () => {
  const { next } = await all('limit=1000')
  await write('F')
  const got: Event[] = []
  for await (const event of events(`after=${next}`)) {
    if (event.record) got.push(event)
    if (got.length === 18) break
  }
  for (const [n, { id }] of got.entries()) {
    const { versions } = await all('limit=4', id)
    assert.deepEqual(
      names(versions).toSorted(),
      got
        .slice(n + 1)
        .map(({ record }) => `${record?.entityId}@${record?.version}`)
        .toSorted(),
      `after event ${n}`,
    )
  }
})

test('a comment where there is nothing to say, with the place that a filter has passed', async () => {
  const { next } = await all('limit=1000')
  await write('G')
  const comments: Event[] = []
  for await (const event of events(`after=${next}&kinds=account`)) {
    if (event.comment) comments.push(event)
    if (comments.length === 3) break
  }
  assert.equal(comments[1]?.record, undefined)
  assert.deepEqual((await all('limit=1000', comments[1]?.id)).versions, [])
  assert.notEqual(comments[1]?.id, next)
  assert.equal(comments[2]?.id, undefined)
})

test('a client that leaves is let go, and one that does not read is not read for', async () => {
  const before = await all('limit=1000')
  const versions = 3_000
  const fields = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, 'x'.repeat(900)]))
  for (let n = 0; n < versions; n += 500)
    await appendUnit(
      ledger,
      Array.from({ length: 500 }, (_, m) => opened(`ticket:big:${n + m}`, { fields })),
    )
  let reads = 0
  const watched: Ledger = { ...ledger, feed: { ...ledger.feed, read: (...args) => (reads++, ledger.feed.read(...args)) } }
  const slow = bareApp()
  feedRoutes(slow, watched)
  await slow.listen({ port: 0, host: '127.0.0.1' })
  const { port } = slow.server.address() as AddressInfo
  const response = await new Promise<IncomingMessage>((answered) => {
    httpRequest(
      { port, host: '127.0.0.1', path: `/v1/feed?after=${before.next}`, headers: { accept: 'application/x-ndjson' } },
      answered,
    ).end()
  })
  await new Promise((later) => setTimeout(later, 500))
  assert.ok(reads > 0 && reads < versions / 200, `${reads} pages read for nobody`)
  response.destroy()
  await new Promise((later) => setTimeout(later, 100))
  const then = reads
  await new Promise((later) => setTimeout(later, 200))
  assert.equal(reads, then)
  await slow.close()
})

test('a server that stops ends its streams, and cuts off who does not read', async () => {
  const stopping = bareApp()
  feedRoutes(stopping, ledger)
  const address = await stopping.listen({ port: 0, host: '127.0.0.1' })
  const [live, stuck] = await Promise.all(
    ['after=end', ''].map((query) => fetch(`${address}/v1/feed?${query}`, { headers: { accept: 'text/event-stream' } })),
  )
  await new Promise((later) => setTimeout(later, 500))
  const started = performance.now()
  const closing = stopping.close()
  assert.match((await live?.text()) ?? '', /^retry: /)
  assert.ok(performance.now() - started < 900)
  await closing
  assert.ok(performance.now() - started < 4_000)
  await assert.rejects(async () => stuck?.text())
})
