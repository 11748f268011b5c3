// Promises: a server keeps its analytics in a DuckDB file, in a process of its own, and takes nothing else along when that fails; a person sees, rebuilds and replays there as anywhere.
import assert from 'node:assert/strict'
import { access, lstat, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLedger } from '../ledger/index.ts'
import { analytics } from '../projections/analytics/index.ts'
import type { Projection } from '../projections/projection.ts'
import { assertWhole, feedOf } from '../projections/runner/projected.testing.ts'
import type { ProjectionStatus } from '../projections/serving/projection-status.ts'
import { duckdbSink } from '../projections/sinks/duckdb.ts'
import { duckdbReader } from '../projections/sinks/duckdb/reader.ts'
import { contents } from '../projections/sinks/made-up.testing.ts'
import type { Select } from '../projections/sinks/sink.ts'
import { views } from '../projections/views/index.ts'
import { amended, appendUnit, opened, submitted } from '../test/append-unit.ts'
import { testDatabase } from '../test/database.ts'
import { dataFolder, running, server as serving, strata } from '../test/strata.ts'

const WITHIN_MS = 60_000
const versions = analytics['versions'] as Projection

async function until<Found>(look: () => Promise<Found>, is: (found: Found) => boolean, what: string): Promise<Found> {
  let found = await look()
  for (const end = Date.now() + WITHIN_MS; Date.now() < end && !is(found); found = await look()) await sleep(50)
  assert.ok(is(found), `${what}: ${JSON.stringify(found)}`)
  return found
}

const status = async (url: string): Promise<ProjectionStatus> =>
  (await (await fetch(`${url}/v1/projections/versions`)).json()) as ProjectionStatus
const submit = async (url: string, tradeId: string): Promise<void> => {
  const body = { owner: 'alice', tradeId, instrument: 'AAPL', side: 'buy', quantity: '1', price: '1', currency: 'USD' }
  const answer = await fetch(`${url}/v1/trades`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  assert.equal(answer.status, 201)
}
const isThrough = ({ state, lag }: ProjectionStatus): boolean => state === 'running' && lag.versions === 0
const ALL: Select = {
  text: 'select entity_id, version, recorded_at from versions',
  values: [],
  columns: { entityId: 'text', version: 'integer', recordedAt: 'instant' },
  orderBy: 'recorded_at, entity_id',
  limit: 1_000,
}
const SOON = { timeoutMs: 10_000 }

test('every version is in the file; one server after the other keeps it, however the one before has ended', async () => {
  await using db = await testDatabase({ partitions: 4 })
  await using folder = await dataFolder()
  const path = join(folder.dataDir, 'strata.duckdb')
  const env = { STRATA_DATABASE_URL: db.url, STRATA_DATA_DIR: folder.dataDir }
  const reader = duckdbReader(path)
  await using ledger = await openLedger({ url: db.url })
  const asLedger = async (): Promise<void> => {
    const expected = (await feedOf(ledger)).map(({ entityId, version, recordedAt }) => ({ entityId, version, recordedAt }))
    const sorted = expected.toSorted((a, b) => (`${a.recordedAt} ${a.entityId}` < `${b.recordedAt} ${b.entityId}` ? -1 : 1))
    await until(
      () => reader.select(ALL, SOON),
      (rows) => JSON.stringify(rows) === JSON.stringify(sorted),
      'the file has what the ledger has',
    )
  }

  const first = await serving(env)
  await submit(first.url, 'T-1')
  const { sinks } = await until(() => status(first.url), isThrough, 'it is kept')
  assert.match(sinks[0]?.sink ?? '', /^duckdb-[0-9a-f]{6}$/)
  await asLedger()
  const measures = await (await fetch(`${first.url}/metrics`)).text()
  assert.match(measures, /strata_projection_versions_total\{sink="duckdb-[0-9a-f]{6}",view="versions"\} 1/)
  const table = await strata(['projections', 'list', 'versions'], env)
  assert.match(table.stdout, /versions +duckdb-[0-9a-f]{6} +running +1 +0 /)

  // A second one, of the same file, leaves it to the first; and has it when that is killed.
  await using second = await serving(env)
  await submit(second.url, 'T-2')
  await asLedger()
  first.kill('SIGKILL')
  await first.ended
  await submit(second.url, 'T-3')
  await asLedger()
  await until(() => status(second.url), isThrough, 'it goes on')
  second.kill('SIGTERM')
  assert.equal((await second.ended).code, 0)
  await assert.rejects(lstat(`${path}.sock`), { code: 'ENOENT' })
  await asLedger()

  // What it may break is not the server's: its process is killed, and begun again.
  await using third = await serving(env)
  await submit(third.url, 'T-4')
  await asLedger()
  const child = await childOf(third.pid)
  process.kill(child, 'SIGKILL')
  await submit(third.url, 'T-5')
  await asLedger()
  third.kill('SIGTERM')
  const { code, stderr } = await third.ended
  assert.equal(code, 0)
  assert.match(stderr, /analytics have failed, and are begun again/)
})

/** The process of its analytics. */
async function childOf(pid: number): Promise<number> {
  for (const child of (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean))
    if ((await readFile(`/proc/${child}/cmdline`, 'utf8')).includes('analytics-process')) return Number(child)
  return assert.fail(`${pid} has none`)
}

test('without projections, no file is opened', async () => {
  await using db = await testDatabase()
  await using folder = await dataFolder()
  const env = { STRATA_DATABASE_URL: db.url, STRATA_DATA_DIR: folder.dataDir, STRATA_PROJECTIONS: 'off' }
  await using server = await serving(env)
  await submit(server.url, 'T-1')
  await sleep(1_500)
  await assert.rejects(access(join(folder.dataDir, 'strata.duckdb')))
  assert.equal((await status(server.url)).state, 'idle')
})

test('a file that can not be used is trouble of its own views, told in a sentence', async () => {
  await using db = await testDatabase()
  await using folder = await dataFolder()
  const path = join(folder.dataDir, '..', 'other.duckdb')
  await writeFile(path, 'this is no database '.repeat(1_000))
  await using server = await serving({ STRATA_DATABASE_URL: db.url, STRATA_DUCKDB_PATH: path })
  await submit(server.url, 'T-1')
  const { sinks } = await until(
    () => status(server.url),
    ({ state }) => state === 'retrying',
    'it is told',
  )
  assert.match(sinks[0]?.error ?? '', /other\.duckdb is no DuckDB database: name another one with STRATA_DUCKDB_PATH/)
  const look = async () =>
    (await (await fetch(`${server.url}/health/ready`)).json()) as { status: string; troubled: readonly { view: string }[] }
  const ready = await until(look, ({ troubled }) => troubled.length >= Object.keys(analytics).length, 'it is ready, and troubled')
  assert.deepEqual([ready.status, new Set(ready.troubled.map(({ view }) => view))], ['ready', new Set(Object.keys(analytics))])
  const documents = async () => (await (await fetch(`${server.url}/v1/projections/audit_trail`)).json()) as ProjectionStatus
  await until(documents, ({ lag, positions }) => lag.versions === 0 && positions.some((position) => position > 0), 'the others go on')
})

const VERSIONS = 4_000
const KILLS = 4
const COUNT: Select = { text: 'select count(*) as n from versions', values: [], columns: { n: 'integer' }, orderBy: 'n', limit: 1 }

test('rebuilt beside a server, which lends the file for it; killed at random points, and rebuilt; after another ledger', async (context) => {
  await using db = await testDatabase({ partitions: 4 })
  await using folder = await dataFolder()
  const env = { STRATA_DATABASE_URL: db.url, STRATA_DATA_DIR: folder.dataDir }
  const path = join(folder.dataDir, 'strata.duckdb')
  await using ledger = await openLedger({ url: db.url })
  await Promise.all(Array.from({ length: VERSIONS }, (_, n) => appendUnit(ledger, [submitted(`trade:o${n % 50}:T-${n}`)])))
  const server = await serving(env)
  await until(() => status(server.url), isThrough, 'it is kept')
  let goesOn = true
  const writing = (async () => {
    for (let n = 0; goesOn; n++) await submit(server.url, `N-${n}`)
  })()
  // Whoever asks is answered all the while, by whoever has the file, and never sees less than before.
  const reader = duckdbReader(path)
  let answers = 0
  const asking = (async () => {
    for (let seen = 0; goesOn; answers++) {
      const [{ n } = {}] = await reader.select(COUNT, SOON)
      assert.ok(Number(n) >= seen, `${seen} were seen, and now ${Number(n)}`)
      seen = Number(n)
      await sleep(10)
    }
  })()
  let killed = 0
  for (let n = 0; n < KILLS; n++) {
    await using command = running(['projections', 'rebuild', 'versions'], env)
    await Promise.race([sleep(600 + Math.random() * 1_500), command.ended])
    command.kill('SIGKILL')
    if ((await command.ended).code === 'SIGKILL') killed++
  }
  const built = await strata(['projections', 'rebuild', 'versions', '--json'], env)
  assert.equal(built.code, 0, built.stderr)
  assert.ok((JSON.parse(built.stdout) as { versions: number }).versions >= VERSIONS)
  goesOn = false
  await Promise.all([writing, asking])
  context.diagnostic(`${killed} of ${KILLS} were killed; ${answers} answers meanwhile`)
  await until(() => status(server.url), isThrough, 'the server has it again')
  server.kill('SIGTERM')
  assert.equal((await server.ended).code, 0)
  {
    await using sink = duckdbSink({ path })
    await assertWhole(ledger, sink, versions)
  }

  // The same file, beside another ledger: it is not of it, which is said, and a rebuild from the beginning is the way out.
  await using other = await testDatabase({ partitions: 4 })
  const elsewhere = { ...env, STRATA_DATABASE_URL: other.url }
  await using newer = await openLedger({ url: other.url })
  await appendUnit(newer, [submitted('trade:zoe:T-1')])
  {
    await using beside = await serving(elsewhere)
    const { sinks } = await until(
      () => status(beside.url),
      ({ state }) => state === 'retrying',
      'it is told',
    )
    assert.match(sinks[0]?.error ?? '', /is not in this ledger, which is another one.*strata projections rebuild/)
    const again = await strata(['projections', 'rebuild', 'versions', '--restart'], elsewhere)
    assert.equal(again.code, 0, again.stderr)
    await until(() => status(beside.url), isThrough, 'it goes on')
    beside.kill('SIGTERM')
    await beside.ended
  }
  await using sink = duckdbSink({ path })
  await assertWhole(newer, sink, versions)
})

test('replayed into a file of its own: as the live view was', async () => {
  await using db = await testDatabase({ partitions: 4 })
  await using folder = await dataFolder()
  const env = { STRATA_DATABASE_URL: db.url, STRATA_DATA_DIR: folder.dataDir }
  const own = join(folder.dataDir, 'strata.duckdb')
  const into = join(folder.dataDir, 'asof.duckdb')
  await using ledger = await openLedger({ url: db.url })
  await appendUnit(ledger, [submitted('trade:alice:T-1')])
  const [first] = await appendUnit(ledger, [amended('trade:alice:T-1', { price: '7' }), opened('ticket:alice:1')])
  let held: Record<string, unknown>
  {
    await using server = await serving(env)
    await until(() => status(server.url), isThrough, 'it is kept')
    server.kill('SIGTERM')
    await server.ended
    await using sink = duckdbSink({ path: own })
    held = Object.fromEntries(
      await Promise.all(Object.values(analytics).map(async (view) => [view.name, await contents(await sink.open(view, 'live'))])),
    )
  }
  await appendUnit(ledger, [amended('trade:alice:T-1', { price: '9' })])
  const replay = (view: string, ...more: readonly string[]) =>
    strata(['replay', '--view', view, '--as-of', first?.recordedAt ?? '', '--json', ...more], env)
  for (const view of [...Object.keys(analytics), 'audit_trail']) {
    const { code, stderr } = await replay(view, '--into', `duckdb:${into}`)
    assert.equal(code, 0, stderr)
  }
  {
    await using sink = duckdbSink({ path: into })
    for (const view of Object.values(analytics)) assert.deepEqual(await contents(await sink.open(view, 'live')), held[view.name], view.name)
    // A view of documents, too: as JSON.
    const entries = await contents(await sink.open(views['audit_trail'] as Projection, 'live'))
    assert.deepEqual(
      entries.map(({ body }) => body?.['event']),
      ['TicketOpened', 'TradeSubmitted', 'TradeAmended'],
    )
  }
  for (const [args, code, says] of [
    [['--into', `duckdb:${into}`], 1, /there is a view versions in the DuckDB file .*asof\.duckdb already/],
    [['--into', `duckdb:${own}`], 2, /a DuckDB file of its own/],
    [['--into', 'duckdb:'], 2, /a DuckDB file of its own/],
    [['--into', `duckdb:${folder.dataDir}`], 1, /is no file in a folder/],
  ] as const) {
    const ended = await replay('versions', ...args)
    assert.deepEqual([ended.code, says.test(ended.stderr)], [code, true], ended.stderr)
  }
  // Analytics anywhere, too: printed.
  const printed = await strata(['replay', '--view', 'versions', '--as-of', first?.recordedAt ?? '', '--into', 'memory:'], env)
  assert.equal(printed.stdout.trim().split('\n').length, 3)
})
