// The guide to backup and restore, followed under load: a base backup while commands come, the machine lost at some instant, then restored twice. To an instant: the ledger is exactly as it was then,
// gives the same answers, its cursors go on, those from beyond are refused, and keys tell what was lost. From the stream, to its end: all that was ever acknowledged is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { EmbeddedPostgres } from '../../ledger/embedded-postgres.ts'
import { decodeFeedPlace } from '../../ledger/feed-cursor.ts'
import { accountOf, load, newBook, owners, send, type Book, type Line } from '../kill/load.ts'
import { random } from '../kill/random.ts'
import { ask } from '../kill/server.ts'
import { server, strata, type Server } from '../strata.ts'
import { machine, missing, type Machine } from './guide.ts'
import { assertDense, assertSame, inOrder, read, type Version } from './reader.ts'
import { assertKept, sendAgain } from './retry.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)
const PARTITIONS = 16
const PASSWORD = 'change me'
const WITHIN_MS = 60_000
const AMOUNT = 200

const chance = random(SEED)
let serial = 0
const nextKey = (): string => `k${serial++}`

async function query<Row extends pg.QueryResultRow>({ url }: EmbeddedPostgres, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (const deadline = Date.now() + WITHIN_MS; !(await isSo()); await sleep(50)) assert.ok(Date.now() < deadline, `not in time: ${what}`)
}

const more = async (book: Book): Promise<void> => {
  const enough = book.acknowledged.size + AMOUNT
  await until(`${AMOUNT} commands`, () => book.acknowledged.size >= enough)
}

async function underLoad(on: Server, book: Book, work: () => Promise<unknown>): Promise<void> {
  let running = true
  const loading = load({ server: on, book, chance, nextKey, running: () => running })
  await work().finally(() => (running = false))
  await loading
}

async function assertSays(postgres: EmbeddedPostgres, command: 'verify' | 'doctor', pattern: RegExp): Promise<void> {
  const { code, stdout, stderr } = await strata([command], { STRATA_DATABASE_URL: postgres.url })
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, pattern)
}

const assertSound = (postgres: EmbeddedPostgres): Promise<void> => assertSays(postgres, 'verify', /^no difference$/m)
const assertBackup = (postgres: EmbeddedPostgres, found: RegExp): Promise<void> => assertSays(postgres, 'doctor', found)

/** A ledger that archives and streams, as the guide sets it up, and its server. */
async function original(host: Machine) {
  const postgres = await host.postgres('origin', 'archive')
  await query(postgres, host.block('backup-role'))
  const url = new URL(postgres.url)
  Object.assign(url, { username: 'strata_backup', password: PASSWORD, pathname: '/postgres' })
  const backup = { BACKUP_URL: url.href }
  const receiver = host.begin('stream', backup)
  await until('received', async () => (await query(postgres, 'select from pg_stat_replication')).length > 0)
  for (const statement of host.block('synchronous').split('\n').filter(Boolean)) await query(postgres, statement)
  const { code, stderr } = await strata(['migrate'], { STRATA_DATABASE_URL: postgres.url })
  assert.equal(code, 0, stderr)
  return { postgres, backup, receiver, api: await startOn(postgres) }
}

const startOn = async (postgres: EmbeddedPostgres): Promise<Server> =>
  server({ STRATA_DATABASE_URL: await postgres.login('strata_server') })

/** PostgreSQL on what was restored, open for writing. */
async function restored(host: Machine, ...blocks: readonly string[]): Promise<EmbeddedPostgres> {
  const postgres = await host.postgres('restored', ...blocks)
  await until('promoted', async () => {
    const [found] = await query<{ over: boolean }>(postgres, 'select not pg_is_in_recovery() as over')
    return found?.over === true
  })
  return postgres
}

/** The segment that is being written. */
async function archived(postgres: EmbeddedPostgres): Promise<void> {
  const [segment] = await query<{ name: string }>(postgres, 'select pg_walfile_name(pg_switch_wal()) as name')
  await until('archived', async () => {
    const [archive] = await query<{ last: string | null }>(postgres, 'select last_archived_wal as last from pg_stat_archiver')
    return (archive?.last ?? '') >= (segment?.name ?? '')
  })
}

/** Questions about the past, some forty entities each asked as of a time. */
function questionsAbout(versions: readonly Version[]): readonly string[] {
  const some = versions.filter((_, n) => n % Math.ceil(versions.length / 40) === 0)
  return some.flatMap(({ entityId, recordedAt }) => [
    `/v1/entities/${entityId}?asOf=${recordedAt}`,
    `/v1/entities/${entityId}?asOf=${recordedAt}&effectiveAsOf=${recordedAt}`,
    `/v1/entities/${entityId}/history`,
  ])
}

const answersOf = ({ url }: Server, questions: readonly string[]): Promise<readonly string[]> =>
  Promise.all(questions.map(async (path) => (await ask(url, 'GET', path)).text))

/** As a page, and as a live stream. */
async function assertForeign({ url }: Server, cursor: string): Promise<void> {
  for (const [path, headers] of [
    [`/v1/feed?after=${cursor}`, {}],
    ['/v1/feed', { accept: 'text/event-stream', 'last-event-id': cursor }],
  ] as const) {
    const { status, text } = await ask(url, 'GET', path, undefined, headers)
    assert.deepEqual([status, (JSON.parse(text) as { readonly code: string }).code], [400, 'foreign_cursor'])
  }
}

test('backed up under load, lost, and restored', { skip: missing, timeout: 280_000 }, async (t) => {
  t.diagnostic(`SEED=${SEED}`)
  await using host = await machine()
  const { postgres: origin, backup, receiver, api } = await original(host)
  t.after(async () => {
    api.kill('SIGKILL')
    await origin.stop() // where it is not gone already
  })

  const before = newBook()
  const accounts: readonly Line[] = owners.map((owner) => {
    return { command: 'OpenAccount', entityId: accountOf(owner), commandId: nextKey(), data: { currency: 'USD', limit: '-1000000' } }
  })
  for (const line of accounts) before.sent.set(line.commandId, line)
  await send(api.url, { lines: accounts, atomic: false }, before)
  await underLoad(api, before, async () => {
    await more(before)
    await host.run('base-backup', backup)
    await more(before)
  })
  assert.equal(before.unsure.size, 0)

  // The instant, and what the ledger said then.
  const kept = await read(api.url)
  const questions = questionsAbout(kept.versions)
  const answers = await answersOf(api, questions)
  await assertBackup(origin, /^ok +backup +the write-ahead log is archived \(last: [-\d: ]+\) and goes to 1 receiver$/m)
  await sleep(20)
  const [{ target } = { target: '' }] = await query<{ target: string }>(origin, 'select clock_timestamp()::text as target')
  await sleep(20)

  await t.test('without a receiver nothing is acknowledged', async () => {
    receiver.kill('SIGSTOP')
    const answer = ask(api.url, 'POST', '/v1/tickets', '{"owner":"o1","subject":"s"}', { 'content-type': 'application/json' })
    assert.equal(await Promise.race([answer, sleep(1_000, 'none yet')]), 'none yet')
    receiver.kill('SIGCONT')
    assert.equal((await answer).status, 201)
  })

  // What comes after the instant: archived in part; and under load the machine is gone.
  const beyond = newBook()
  let ahead: Awaited<ReturnType<typeof read>> | undefined
  await underLoad(api, beyond, async () => {
    await more(beyond)
    await archived(origin)
    ahead = await read(api.url, kept.next)
    await more(beyond)
    api.kill('SIGKILL')
    await host.lose('origin', origin)
  })
  receiver.kill()
  const lost = ahead?.next ?? ''

  await t.test('to an instant', async () => {
    await host.run('restore', { TARGET: target })
    const postgres = await restored(host, 'archive')
    try {
      await assertSound(postgres)
      await assertBackup(postgres, /^ok +backup +the write-ahead log is archived/m)
      await using now = await startOn(postgres)
      assertSame((await read(now.url)).versions, kept.versions, 'exactly what was there')
      assertSame(await answersOf(now, questions), answers, 'the same answers')
      await assertForeign(now, lost)

      await assertKept(now.url, before)
      assertSame((await read(now.url, kept.next)).versions, [], 'what was there was not applied again')
      for (const { key, status, replayed } of await sendAgain(now.url, beyond))
        assert.ok(status < 300 && !replayed, `${key} was lost, and is answered with ${status}`)
      const fresh = newBook()
      await underLoad(now, fresh, () => more(fresh))

      const all = await read(now.url)
      assertDense(all.versions)
      const [head, then] = [all.next, lost].map((cursor) => decodeFeedPlace(cursor, PARTITIONS).positions)
      assert.ok(
        then?.every((position, partition) => position <= (head?.[partition] ?? 0)),
        'it has grown past the cursor from beyond',
      )
      await assertForeign(now, lost)
      for (const { cursor, seen } of kept.places)
        assertSame(inOrder([...seen, ...(await read(now.url, cursor)).versions]), all.versions, 'none missing, none twice')

      now.kill('SIGTERM')
      assert.equal((await now.ended).code, 0)
      await assertSound(postgres)
    } finally {
      await host.lose('restored', postgres)
    }
  })

  await t.test('to the end of the stream', async () => {
    await host.run('restore-stream')
    const postgres = await restored(host)
    try {
      await assertSound(postgres)
      await assertBackup(postgres, /^warn +backup +the write-ahead log goes nowhere/m)
      await using now = await startOn(postgres)
      await assertKept(now.url, before)
      await assertKept(now.url, beyond)
      const { versions } = await read(now.url)
      assertDense(versions)
      const there = new Set(versions.map(({ entityId, version }) => `${entityId}@${version}`))
      assert.ok(ahead?.versions.every(({ entityId, version }) => there.has(`${entityId}@${version}`)))
    } finally {
      await postgres.stop()
    }
  })
})
