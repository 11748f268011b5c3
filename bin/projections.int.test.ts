// Promises: a server runs projections, tells how they are over HTTP, in health and in measures, and a person pauses, resumes, retries and skips, over HTTP and on the command line alike.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { analytics } from '../projections/analytics/index.ts'
import type { ProjectionStatus } from '../projections/serving/projection-status.ts'
import { views } from '../projections/views/index.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { server as serving, strata } from '../test/strata.ts'

let db: TestDatabase
let admin: pg.Client

before(async () => {
  db = await testDatabase()
  admin = new pg.Client({ connectionString: db.url })
  await admin.connect()
})
after(async () => {
  await admin.end()
  await db.drop()
})

const env = () => ({ STRATA_DATABASE_URL: db.url, STRATA_PORT: '0' })

async function ask<Answer>(url: string, method = 'GET', body?: object): Promise<Answer & { readonly code?: string }> {
  const response = await fetch(url, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  return (await response.json()) as Answer & { readonly code?: string }
}

async function until<Found>(look: () => Promise<Found>, is: (found: Found) => boolean, what: string): Promise<Found> {
  let found = await look()
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(50), found = await look()) if (is(found)) return found
  assert.fail(`${what}: ${JSON.stringify(found)}`)
}

const trade = (owner: string, tradeId: string) => ({
  owner,
  tradeId,
  instrument: 'AAPL',
  side: 'buy',
  quantity: '1',
  price: '1',
  currency: 'USD',
})

test('from the server to a dead letter and past it', async () => {
  await using server = await serving(env())
  const v1 = `${server.url}/v1`
  const status = () => ask<ProjectionStatus>(`${v1}/projections/trades`)
  await ask(`${v1}/trades`, 'POST', trade('alice', 'T-1'))
  const seen = await until(status, ({ positions, state }) => state === 'running' && positions.some((position) => position > 0), 'it runs')
  assert.deepEqual([seen.name, seen.deadLetters], ['trades', []])
  assert.deepEqual(
    seen.sinks.map(({ sink }) => sink.replace(/-.*/, '')),
    ['postgres', 'duckdb'],
  )
  const { data } = await ask<{ data: readonly ProjectionStatus[] }>(`${v1}/projections`)
  assert.deepEqual(
    data.map(({ name }) => name),
    Object.keys({ ...views, ...analytics }),
  )

  // Another process pauses it, this one resumes it.
  const paused = await strata(['projections', 'pause', 'trades'], env())
  assert.match(paused.stdout, /trades +postgres +paused/)
  await sleep(1_500)
  await ask(`${v1}/trades`, 'POST', trade('alice', 'T-2'))
  await until(status, ({ state, lag }) => state === 'paused' && lag.versions > 0 && lag.seconds > 0, 'it is paused, and behind')
  assert.equal((await ask<ProjectionStatus>(`${v1}/projections/trades/resume`, 'POST')).name, 'trades')
  await until(status, ({ state, lag }) => state === 'running' && lag.versions === 0, 'it has gone on')

  // A sink that refuses is in trouble by itself, and the server is ready all the same.
  await admin.query("alter table views.tickets add constraint broken check (key <> 'ticket:alice:1')")
  await ask(`${v1}/tickets`, 'POST', { owner: 'alice', ticketId: '1', subject: 's' })
  const ready = () => ask<{ status: string; troubled: readonly object[] }>(`${server.url}/health/ready`)
  const found = await until(ready, ({ troubled }) => troubled.length > 0, 'trouble is told')
  assert.deepEqual(found, { status: 'ready', troubled: [{ sink: 'postgres', view: 'tickets', state: 'retrying' }] })
  const measures = async () => (await fetch(`${server.url}/metrics`)).text()
  await until(
    measures,
    (text) => /strata_projection_state\{sink="postgres",view="tickets",state="retrying"\} 1/.test(text),
    'it is measured',
  )
  assert.match(await measures(), /strata_projection_lag_versions\{sink="postgres",view="tickets"\} [1-9]/)
  assert.match(await measures(), /strata_projection_versions_total\{sink="postgres",view="trades"\} [1-9]/)
  await until(status, ({ lag }) => lag.versions === 0, 'the others go on')
  await admin.query('alter table views.tickets drop constraint broken')
  await until(ready, ({ troubled }) => troubled.length === 0, 'it is over')

  // Who asks for what is not there.
  assert.equal((await ask(`${v1}/projections/nothing`)).code, 'not_found')
  assert.equal((await ask(`${v1}/projections/nothing/pause`, 'POST')).code, 'not_found')
  assert.equal((await ask(`${v1}/projections/trades/pause`, 'POST', { sink: 'nowhere' })).code, 'not_found')
  assert.equal((await ask(`${v1}/projections/trades/pause`, 'POST', { what: 1 })).code, 'invalid_request')
  assert.equal((await ask(`${v1}/projections/trades/skip`, 'POST', { partition: 1, position: 1 })).code, 'invalid_request')
  assert.equal(
    (await ask(`${v1}/projections/trades/skip`, 'POST', { sink: 'postgres', partition: 1, position: 1, reason: 'r' })).code,
    'not_found',
  )

  server.kill('SIGTERM')
  const { stderr, code } = await server.ended
  assert.equal(code, 0)
  const lines = stderr.split('\n').filter((line) => line.includes('projection'))
  assert.equal(lines.filter((line) => line.includes('is tried again')).length, 1, stderr)
  assert.equal(lines.filter((line) => line.includes('works again')).length, 1, stderr)
})

test('a server without projections takes commands, and shows what others keep', async () => {
  await using server = await serving({ ...env(), STRATA_PROJECTIONS: 'off' })
  const v1 = `${server.url}/v1`
  await ask(`${v1}/trades`, 'POST', trade('bob', 'T-1'))
  await sleep(1_000)
  const { state, lag, sinks } = await ask<ProjectionStatus>(`${v1}/projections/trades`)
  assert.equal(state, 'idle')
  assert.ok(sinks[0]?.partitions.every((partition) => partition.state === 'idle'))
  assert.ok(lag.versions > 0)
  {
    await using _ = await serving(env())
    await until(
      () => ask<ProjectionStatus>(`${v1}/projections/trades`),
      ({ lag: now }) => now.versions === 0,
      'another one keeps it',
    )
    assert.equal((await ask<{ data: readonly unknown[] }>(`${v1}/views/trades?owner=bob`)).data.length, 1)
  }
})

test('the command line says what HTTP says', async () => {
  const { stdout } = await strata(['projections', 'list', '--json'], env())
  const { data } = JSON.parse(stdout) as { readonly data: readonly ProjectionStatus[] }
  assert.equal(data.length, Object.keys({ ...views, ...analytics }).length)
  const table = await strata(['projections'], env())
  assert.match(table.stdout, /^VIEW +SINK +STATE +SEEN +BEHIND +FOR +DEAD\naudit_trail +postgres +idle +\d+ +0 /)
  for (const [args, code, says] of [
    [['projections', 'pause'], 2, /needs the name of a view/],
    [['projections', 'explode', 'trades'], 2, /Allowed choices/],
    [['projections', 'pause', 'nothing'], 1, /there is no projection nothing/],
    [['projections', 'skip', 'trades'], 2, /--partition/],
    [['projections', 'rebuild', 'nothing'], 2, /there is no view nothing/],
    [['projections', 'rebuild', 'trades', '--sink', 'nowhere'], 2, /there is no sink nowhere/],
  ] as const) {
    const ended = await strata(args, env())
    assert.deepEqual([ended.code, says.test(ended.stderr)], [code, true], ended.stderr)
  }
})
