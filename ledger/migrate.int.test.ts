// Promises: `migrate` makes a ledger or leaves it as it is, however often and from wherever it is run, and says in a sentence what it will not do.
import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { testDatabase, withDatabase, type TestDatabase } from '../test/database.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { kinds } from './entities/index.ts'
import { openLedger } from './index.ts'
import { everything } from './invariants.testing.ts'
import { DEFAULT_PARTITIONS, migrate, pendingSteps } from './migrate.ts'
import { madeUpStep } from './migrations/made-up.testing.ts'
import { openTicket } from './works.testing.ts'

const databases: TestDatabase[] = []
async function empty(): Promise<TestDatabase> {
  const database = await testDatabase({ migrate: false })
  databases.push(database)
  return database
}
after(() => Promise.all(databases.map((database) => database.drop())))

async function ask<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Of a kind that has SQL of its own. */
const STEPS = ['schema 1', ...Object.values(kinds).flatMap(({ kind, sql }) => (sql ? [`kind ${kind}`] : []))]
const made = (partitions = DEFAULT_PARTITIONS) => ({ steps: STEPS, schemaVersion: 1, partitions })
const nothing = (partitions = DEFAULT_PARTITIONS) => ({ ...made(partitions), steps: [] })

test('a fresh ledger, a second time, and what is left as it was', async () => {
  const { url } = await empty()
  assert.deepEqual(await migrate(url), made())
  const before = await ask(url, everything)
  assert.deepEqual(await migrate(url), nothing())
  assert.deepEqual(await migrate(url, { partitions: DEFAULT_PARTITIONS }), nothing())
  assert.deepEqual(await ask(url, everything), before)
  await using ledger = await openLedger({ url })
  assert.equal((await ledger.append(openTicket('ticket:alice:1'))).status, 'applied')
})

test('many processes at once: one makes it, the others find it made', async () => {
  const { url } = await empty()
  const migrations = await Promise.all(Array.from({ length: 5 }, () => migrate(url, { partitions: 3 })))
  assert.deepEqual(
    migrations.sort((a, b) => b.steps.length - a.steps.length),
    [made(3), nothing(3), nothing(3), nothing(3), nothing(3)],
  )
})

test('two ledgers on one server at once', async () => {
  const [one, two] = [await empty(), await empty()]
  assert.deepEqual(await Promise.all([migrate(one.url), migrate(two.url)]), [made(), made()])
})

test('the number of partitions is fixed when the ledger is made, and has bounds', async () => {
  const { url } = await empty()
  for (const partitions of [0, -1, 257, 1.5, NaN]) {
    await assert.rejects(migrate(url, { partitions }), {
      name: 'MigrationRefused',
      message: `a ledger has 1 to 256 partitions, not ${partitions}`,
    })
  }
  assert.deepEqual(await migrate(url, { partitions: 256 }), made(256))
  await assert.rejects(migrate(url, { partitions: 16 }), {
    name: 'MigrationRefused',
    message: 'the ledger was created with 256 partitions, which can not change; STRATA_PARTITIONS says 16',
  })
  assert.deepEqual(await migrate(url), nothing(256))
  await using ledger = await openLedger({ url })
  const { records } = await ledger.append(openTicket('ticket:alice:1'))
  const { rows } = await ledger.database.query('select partition, ledger.partition_of(entity_id) as same from ledger.versions')
  assert.deepEqual(rows, [{ partition: records[0]?.partition, same: records[0]?.partition }])
})

test('a plan says what would be done, and does nothing', async () => {
  const { url } = await empty()
  assert.deepEqual(await migrate(url, { plan: true }), made())
  await ask(url, async (client) => {
    const { rows } = await client.query(`select to_regnamespace('ledger') as schema`)
    assert.deepEqual(rows, [{ schema: null }])
    assert.deepEqual(await pendingSteps(client), STEPS)
  })
  await migrate(url)
  assert.deepEqual(await migrate(url, { plan: true }), nothing())
  await ask(url, async (client) => assert.deepEqual(await pendingSteps(client), []))
})

test('a newer ledger that this program does not work on is refused, in a sentence', async () => {
  const { url } = await empty()
  await migrate(url)
  await ask(url, (client) => client.query('insert into ledger.migrations (version, oldest_program) values (2, 2)'))
  const refused = {
    name: 'MigrationRefused',
    message: 'the ledger has schema version 2, which programs from schema version 2 on work with, and this one has 1: upgrade the program',
  }
  await assert.rejects(migrate(url), refused)
  await assert.rejects(migrate(url, { plan: true }), refused)
  await assert.rejects(openLedger({ url }), refused)
})

test("a newer ledger that this program works on is opened, and left as it is, the newer program's kinds too", async () => {
  const { url } = await empty()
  await migrate(url)
  await ask(url, (client) =>
    client.query(
      `insert into ledger.migrations (version, oldest_program) values (2, 1); update ledger.kind_sql set sha256 = 'of a newer text'`,
    ),
  )
  const before = await ask(url, everything)
  assert.deepEqual(await migrate(url), { ...nothing(), schemaVersion: 2 })
  assert.deepEqual(await ask(url, everything), before)
  await ask(url, async (client) => assert.deepEqual(await pendingSteps(client), []))
  await using ledger = await openLedger({ url })
  assert.equal((await ledger.append(openTicket('ticket:alice:1'))).status, 'applied')
})

test('where there is no ledger, opening one says what to do', async () => {
  const { url } = await empty()
  await assert.rejects(openLedger({ url }), {
    name: 'MigrationRefused',
    message: 'there is no ledger in this database: run `strata migrate`',
  })
})

test("a kind's SQL that changed is applied again, and nothing else", async () => {
  const { url } = await empty()
  await migrate(url)
  await ask(url, (client) =>
    client.query(`update ledger.kind_sql set sha256 = 'of another text' where kind = 'account'; drop view ledger.accounts`),
  )
  await ask(url, async (client) => assert.deepEqual(await pendingSteps(client), ['kind account']))
  assert.deepEqual(await migrate(url), { ...made(), steps: ['kind account'] })
  await ask(url, (client) => client.query('select * from ledger.accounts'))
})

test('what fails half way leaves nothing', async () => {
  const { url } = await empty()
  await ask(url, (client) => client.query(`create schema ledger; create table ledger.kind_sql (mine integer)`))
  await assert.rejects(migrate(url), { code: '42P06' })
  await ask(url, async (client) => {
    const { rows } = await client.query(`select count(*)::integer as tables from pg_tables where schemaname = 'ledger'`)
    assert.deepEqual(rows, [{ tables: 1 }])
  })
})

test('an owner who is no superuser may make and migrate a ledger, on a server where nobody has made one, and is no member of the role that writes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strata-owner-'))
  await chmod(folder, 0o755)
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), settings: { fsync: 'off' } })
  try {
    await ask(server.url, (client) => client.query(`create role landlord login createrole createdb password 'secret'`))
    await ask(server.url, (client) => client.query(`create database house owner landlord`))
    await ask(server.url, (client) => client.query(`create database shed owner landlord`))
    for (const database of ['house', 'shed']) {
      const url = new URL(withDatabase(server.url, database))
      url.username = 'landlord'
      url.password = 'secret'
      assert.deepEqual(await migrate(url.href), made())
      assert.deepEqual(await migrate(url.href), nothing())
      assert.deepEqual(await migrate(url.href, { steps: [await madeUpStep()] }), {
        ...made(),
        steps: ['schema 2: made up'],
        schemaVersion: 2,
      })
      await ask(url.href, async (client) => {
        await assert.rejects(client.query('set role strata_append'), { code: '42501' })
        await assert.rejects(client.query('delete from ledger.versions'), { code: '42501', message: /append-only/ })
        const { rows } = await client.query(`select pg_get_userbyid(proowner) as owner from pg_proc where proname = 'append'`)
        assert.deepEqual(rows, [{ owner: 'strata_append' }])
        await client.query('create role clerk_of_' + database + ` login password 'secret' in role strata_server`)
      })
      url.username = `clerk_of_${database}`
      await using ledger = await openLedger({ url: url.href })
      assert.equal((await ledger.append(openTicket('ticket:alice:1'))).status, 'applied')
      assert.equal((await ledger.read.asOf('ticket:alice:1', '2020-01-01T00:00:00.000000Z'))?.version, undefined)
    }
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
})
