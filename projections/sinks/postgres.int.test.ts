import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { sinkContract } from './contract.testing.ts'
import { at, counting, feedInto, versions } from './made-up.testing.ts'
import { postgresSink } from './postgres.ts'
import type { Sink, View } from './sink.ts'

let db: TestDatabase
let client: pg.Client
let sink: Sink
let elsewhere: Sink

before(async () => {
  db = await testDatabase()
  client = new pg.Client({ connectionString: db.adminUrl })
  await client.connect()
  sink = postgresSink({ url: db.url })
  elsewhere = postgresSink({ url: db.url, schema: 'as of: "T"' })
})
after(async () => {
  await sink[Symbol.asyncDispose]()
  await elsewhere[Symbol.asyncDispose]()
  await client.end()
  await db.drop()
})

const behindPort = (port: number): string => {
  const url = new URL(db.url)
  url.port = String(port)
  return url.href
}

sinkContract('postgres', () => sink, {
  behind: {
    port: () => Number(new URL(db.url).port),
    sink: (port) => postgresSink({ url: behindPort(port) }),
    isWrite: (request) => request.includes('write "views".'),
  },
})
sinkContract('postgres, in a schema of its own', () => elsewhere)

const STATISTICS_WITHIN_MS = 20_000

test('an update that leaves the filters as they are changes no index', async () => {
  const view = await sink.open(counting('light'), 'live')
  const documents = (keys: readonly number[], position: number) =>
    new Map(
      keys.map((n) => {
        const key = `alice:${String(n).padStart(4, '0')}`
        return [key, { key, body: { owner: 'alice', group: 'g', count: position }, partition: 0, position, isNew: true }]
      }),
    )
  const write = (keys: readonly number[], position: number): Promise<void> =>
    view.write({
      documents: documents(keys, position),
      memories: new Map(),
      begins: new Map([[0, position - 1]]),
      places: new Map([[0, { position, recordedAt: at(position) }]]),
    })
  const all = Array.from({ length: 400 }, (_, n) => n)
  await write(all, 1)
  // As many as have room on their pages (fillfactor).
  const some = all.filter((n) => n % 10 === 0)
  await write(some, 2)
  const updated = async (): Promise<{ readonly all: number; readonly light: number } | undefined> => {
    const { rows } = await client.query<{ all: number; light: number }>(
      "select n_tup_upd::integer as all, n_tup_hot_upd::integer as light from pg_stat_user_tables where schemaname = 'views' and relname = 'light'",
    )
    return rows[0]
  }
  // Statistics come a moment later.
  for (const until = Date.now() + STATISTICS_WITHIN_MS; (await updated())?.all === 0 && Date.now() < until;) await sleep(100)
  deepEqual(await updated(), { all: some.length, light: some.length })
})

test('a table without the column of a filter is given it when it is opened', async () => {
  const projection = counting('grown')
  const shown = async (view: View): Promise<readonly string[]> =>
    (await view.read({ filters: { group: 'g1' }, limit: 10 })).documents.map(({ key }) => key)
  const before = await sink.open(projection, 'live')
  await feedInto(before, projection, versions(0, 6))
  const expected = await shown(before)
  ok(expected.length > 0)
  await client.query('alter table views.grown drop column by_group')
  deepEqual(await shown(await sink.open(projection, 'live')), expected)
  const { rows } = await client.query("select from pg_indexes where tablename = 'grown' and indexdef like '%(by_group, key)'")
  equal(rows.length, 1)
})

test('a filter finds texts whole, also those that are longer than what is indexed', async () => {
  const view = await sink.open(counting('long'), 'live')
  const groups = [99, 100, 101, 199, 200, 201, 300].flatMap((length) => ['\u{1F4C8}', 'g'].map((letter) => letter.repeat(length)))
  await view.write({
    documents: new Map(
      groups.map((group, n) => [
        `alice:${n}`,
        { key: `alice:${n}`, body: { owner: 'alice', group }, partition: 0, position: 1, isNew: true },
      ]),
    ),
    memories: new Map(),
    begins: new Map([[0, 0]]),
    places: new Map([[0, { position: 1, recordedAt: at(1) }]]),
  })
  const found = await Promise.all(groups.map(async (group) => (await view.read({ filters: { group }, limit: 10 })).documents))
  deepEqual(
    found.map((documents) => documents.map(({ key }) => key)),
    groups.map((_, n) => [`alice:${n}`]),
  )
})
