// The feed by pages and as a stream, and an entity's history, from a real server, through servers that go away, into a store: every version, once, in order. And what the ledger refuses is said, not tried for ever.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import { openLedger } from '../../../ledger/index.ts'
import type { VersionRecord as LedgerRecord } from '../../../ledger/record.ts'
import { appendUnit, edited, opened, submitted } from '../../../test/append-unit.ts'
import { testDatabase } from '../../../test/database.ts'
import { server, type Server } from '../../../test/strata.ts'
import { consume, type Source } from '../consume.ts'
import { ForeignCursor, NotARecord, Refused } from '../failure.ts'
import type { VersionRecord } from '../record.ts'
import { repair } from '../repair.ts'
import { memoryStore } from '../stores/memory.ts'
import { take, type Consumer } from '../take.ts'
import { feedPages } from './feed-pages.ts'
import { feedStream } from './feed-stream.ts'
import { ledgerHistory } from './history.ts'

const database = await testDatabase()
const ledger = await openLedger({ url: database.url })
const start = (databaseUrl: string, port = '0'): Promise<Server> => server({ STRATA_DATABASE_URL: databaseUrl, STRATA_PORT: port })
let running = await start(database.url)
after(() =>
  running[Symbol.asyncDispose]()
    .then(() => ledger.close())
    .then(() => database.drop()),
)
const { url } = running

/** The kit's own shape is the ledger's. */
const sameShape = (record: LedgerRecord): VersionRecord => record

async function write(tickets: readonly number[], versions: number): Promise<readonly VersionRecord[]> {
  const records: VersionRecord[] = []
  for (const n of tickets)
    for (let v = 0; v < versions; v++) {
      const entityId = `ticket:owner${n % 5}:${n}` as const
      records.push(...(await appendUnit(ledger, [v === 0 ? opened(entityId) : edited(entityId, { subject: `s${v}` })])).map(sameShape))
    }
  return records
}

function keeper(): { readonly consumer: Consumer<undefined>; readonly handled: VersionRecord[] } {
  const handled: VersionRecord[] = []
  return { handled, consumer: { store: memoryStore(), strategy: 'contiguous', handle: (records) => void handled.push(...records) } }
}

const byPlace = (records: readonly VersionRecord[]): readonly VersionRecord[] =>
  records.toSorted((a, b) => a.partition - b.partition || a.position - b.position)

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !isSo() && Date.now() < deadline;) await sleep(20)
  assert.ok(isSo(), 'it did not come to that in time')
}

const first = await write([1, 2, 3, 4, 5, 6, 7, 8], 5)
await appendUnit(ledger, [submitted('trade:owner1:T')])

test('pages: from the beginning to the end, then from where the store stands', async () => {
  const { consumer, handled } = keeper()
  const source = feedPages({ url, kinds: ['ticket'], follow: false })
  await consume(consumer, source)
  assert.deepEqual(byPlace(handled), byPlace(first))
  assert.ok(await consumer.store.cursor('feed kinds=ticket'))
  const more = await write([9], 2)
  await consume(consumer, source)
  assert.deepEqual(handled.slice(first.length), more)
  await consume(consumer, feedPages({ url, kinds: ['ticket'], follow: false, again: true }))
  assert.equal(handled.length, first.length + more.length)
})

test(
  'pages and stream: followed live, over a server that goes and comes back, and from one to the other',
  { timeout: 60_000 },
  async () => {
    const { consumer, handled } = keeper()
    const stop = new AbortController()
    const troubles: unknown[] = []
    const options = { signal: stop.signal, onTrouble: (error: unknown) => void troubles.push(error) }
    const ways: readonly Source[] = [feedPages({ url, owner: 'owner2', pollMs: 20 }), feedStream({ url, owner: 'owner2' })]
    const other = keeper()
    const working = [consume(consumer, ways[0] as Source, options), consume(other.consumer, ways[1] as Source, options)]
    const expected = (records: readonly VersionRecord[]): number => records.filter(({ commandScope }) => commandScope === 'owner2').length
    const known = expected(first)
    await until(() => handled.length === known && other.handled.length === known)
    await write([12], 3)
    await until(() => handled.length === known + 3 && other.handled.length === known + 3)

    await running[Symbol.asyncDispose]()
    await until(() => troubles.length > 1)
    running = await start(database.url, new URL(url).port)
    await write([17], 3)
    await until(() => handled.length === known + 6 && other.handled.length === known + 6)
    assert.deepEqual(other.handled, handled)
    stop.abort()
    await Promise.all(working)

    // The same place, the other way.
    const [last] = await write([22], 1)
    const once = new AbortController()
    await consume({ ...consumer, handle: (records) => (handled.push(...records), once.abort()) }, ways[1] as Source, {
      signal: once.signal,
    })
    assert.deepEqual(handled.at(-1), last)
    assert.equal(handled.length, known + 7)
  },
)

test('repair fetches what did not come, version 1 included', async () => {
  const { consumer, handled } = keeper()
  const history = await write([31], 5)
  await take(consumer, { records: [history[1], history[4]].flatMap((record) => record ?? []) })
  assert.deepEqual(handled, [])
  assert.equal(await repair(consumer, ledgerHistory({ url })), 3)
  assert.deepEqual(handled, history)
  await take(consumer, { records: history.map((record) => ({ ...record, entityId: 'ticket:owner1:none' })).slice(1) })
  await assert.rejects(repair(consumer, ledgerHistory({ url })), Refused)
})

test('what the ledger refuses ends the consumer, with its word', async () => {
  const { consumer } = keeper()
  await assert.rejects(consume(consumer, feedPages({ url, kinds: ['nothing'], follow: false })), (error: Refused) => {
    assert.equal(error.code, 'invalid_request')
    return error instanceof Refused
  })
  await using other = await testDatabase()
  await using elsewhere = await start(other.url)
  await consume(consumer, feedPages({ url, follow: false }))
  await assert.rejects(consume(consumer, feedPages({ url: elsewhere.url, follow: false })), ForeignCursor)
  await assert.rejects(consume(consumer, feedStream({ url: elsewhere.url })), ForeignCursor)
})

test('a stream on which nothing is said is left, and what is no record is not taken', async () => {
  let asked = 0
  const silent = createServer((request, response) => {
    asked++
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(asked < 3 ? 'retry: 1000\n\n' : 'id: x\ndata: {"no":"record"}\n\n')
  }).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const troubles: string[] = []
  const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  await assert.rejects(
    consume(keeper().consumer, feedStream({ url: address, silenceMs: 50 }), { onTrouble: (error) => void troubles.push(String(error)) }),
    NotARecord,
  )
  assert.equal(troubles.length, 2)
  for (const trouble of troubles) assert.match(trouble, /has said nothing for 50 ms/)
  silent.closeAllConnections()
  silent.close()
})
