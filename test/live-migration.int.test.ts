// Promises: while requests come steadily, the schema is migrated and the servers are replaced, and no request fails. What it costs them is printed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { percentile } from '../bench/statistics.ts'
import { migrate } from '../ledger/migrate.ts'
import { madeUpStep } from '../ledger/migrations/made-up.testing.ts'
import { testDatabase, type TestDatabase } from './database.ts'
import { everyRoute, failuresOf, openings, steadyLoad, type Sample } from './steady-load.ts'
import { server, type Server } from './strata.ts'

const PER_SECOND = 300
/** Of rows that the index is built of. */
const ROWS = 10_000
/** How long somebody's open transaction keeps the migration from its locks. */
const IN_THE_WAY_MS = 5_000
/** A writer that waited for that transaction would have waited longer; on a machine that has too much to do, others wait for long, too. */
const LONGEST_MS = 4_000
/** Before and after. */
const AT_REST_MS = 2_000

let database: TestDatabase
let env: Readonly<Record<string, string>>
let first: Server

before(async () => {
  database = await testDatabase()
  env = { STRATA_DATABASE_URL: database.url }
  first = await server(env)
  for (const { path, body, expected } of openings)
    assert.equal(
      (await fetch(first.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }))
        .status,
      expected,
    )
  const line = (n: number) => ({ command: 'Deposit', entityId: `account:o${n % openings.length}:USD`, data: { amount: '1' } })
  const lines = Array.from({ length: ROWS / 2 }, (_, n) => JSON.stringify(line(n))).join('\n')
  await (
    await fetch(`${first.url}/v1/commands`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines })
  ).text()
})
after(async () => {
  await first[Symbol.asyncDispose]()
  await database.drop()
})

function told(phase: string, samples: readonly Sample[]): string {
  const ms = samples.map((sample) => sample.ms)
  const again = samples.filter(({ tries }) => tries > 1).length
  const [half, most] = [0.5, 0.99].map((share) => percentile(ms, share).toFixed(1))
  return `${phase}: ${ms.length} requests, p50 ${half} ms, p99 ${most} ms, longest ${Math.max(...ms).toFixed(0)} ms${again > 0 ? `, ${again} asked again` : ''}`
}

test('a column, an index, another append and a guard, by two migrations at once, with an old transaction in the way', async (t) => {
  const load = steadyLoad({ url: () => first.url, tries: 1, perSecond: PER_SECOND, next: everyRoute('migrated') })
  await sleep(AT_REST_MS)

  const steps = [await madeUpStep()]
  const said: string[] = []
  const reader = new pg.Client(database.url)
  await reader.connect()
  await reader.query('begin; select count(*) from ledger.versions')
  const from = performance.now()
  const onProgress = (line: string): void => void said.push(line)
  const migrations = Promise.all([1, 2].map(() => migrate(database.url, { steps, onProgress })))
  await sleep(IN_THE_WAY_MS)
  await reader.query('commit')
  await reader.end()
  const applied = await migrations
  const to = performance.now()

  await sleep(AT_REST_MS)
  await load.stop()
  const during = load.samples.filter(({ sentAt }) => sentAt >= from && sentAt < to)
  for (const line of said) t.diagnostic(line)
  t.diagnostic(
    told(
      'before',
      load.samples.filter(({ sentAt }) => sentAt < from),
    ),
  )
  t.diagnostic(told(`during the ${((to - from) / 1_000).toFixed(1)} s of the migration`, during))
  t.diagnostic(
    told(
      'after',
      load.samples.filter(({ sentAt }) => sentAt >= to),
    ),
  )

  assert.deepEqual(failuresOf(load.samples), [])
  assert.deepEqual(
    applied.flatMap((one) => one.steps),
    ['schema 2: made up'],
  )
  assert.ok(to - from > IN_THE_WAY_MS, 'it had to wait')
  assert.ok(
    said.some((line) => /^a lock is waited for: pid \d+ .*in a transaction since /.test(line)),
    said.join('\n'),
  )
  assert.ok(during.length > 50 * (IN_THE_WAY_MS / 1_000), 'requests came meanwhile')
  assert.ok(Math.max(...during.map(({ ms }) => ms)) < LONGEST_MS, 'somebody waited for who was in the way')
  const { rows } = await asked<{ old: number; new: number }>(
    `select count(*) filter (where made_up is null)::integer as old, count(made_up)::integer as new from ledger.versions`,
  )
  assert.ok((rows[0]?.old ?? 0) > ROWS / 2 && (rows[0]?.new ?? 0) > 100, JSON.stringify(rows))
})

test('a server of the program before starts on the newer ledger, and takes over from the one that stops', async (t) => {
  let urls = [first.url]
  const load = steadyLoad({
    url: (tried) => urls[tried % urls.length] ?? first.url,
    tries: 3,
    perSecond: PER_SECOND,
    next: everyRoute('rolled'),
  })
  await sleep(1_500)
  await using second = await server(env)
  urls = [second.url, first.url]
  const from = performance.now()
  first.kill('SIGTERM')
  assert.equal((await first.ended).code, 0)
  const to = performance.now()
  urls = [second.url]
  await sleep(1_500)
  await load.stop()
  t.diagnostic(
    told(
      'before',
      load.samples.filter(({ sentAt }) => sentAt < from),
    ),
  )
  t.diagnostic(
    told(
      'while one stops',
      load.samples.filter(({ sentAt }) => sentAt >= from && sentAt < to),
    ),
  )
  t.diagnostic(
    told(
      'after',
      load.samples.filter(({ sentAt }) => sentAt >= to),
    ),
  )
  // That it is not ready any more is what a proxy is told by the one that stops.
  const isFarewell = ({ asked: { path }, failure, sentAt, ms }: Sample): boolean =>
    path === '/health/ready' && failure === '503' && sentAt < to && sentAt + ms >= from
  assert.deepEqual(failuresOf(load.samples.filter((sample) => !isFarewell(sample))), [])
})

async function asked<Row extends pg.QueryResultRow>(sql: string): Promise<pg.QueryResult<Row>> {
  const client = new pg.Client(database.url)
  await client.connect()
  try {
    return await client.query<Row>(sql)
  } finally {
    await client.end()
  }
}
