// Promises: a step is applied part by part, once, whoever is interrupted or comes second; programs of the version before go on working where it says so, and are asked to stop where not.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { openLedger } from '../index.ts'
import { fill } from '../invariants.testing.ts'
import { migrate, pendingSteps } from '../migrate.ts'
import { ledgerSchema } from '../schema-version.ts'
import { addNote, openTicket } from '../works.testing.ts'
import { madeUpStep } from './made-up.testing.ts'

const steps = [await madeUpStep()]
const MADE = { steps: ['schema 2: made up'], schemaVersion: 2, partitions: 16 }
const NOTHING = { ...MADE, steps: [] }

const databases: TestDatabase[] = []
const clients: pg.Client[] = []
after(async () => {
  for (const client of clients) await client.end().catch(() => {})
  for (const database of databases) await database.drop()
})

async function ledgerWithRows(): Promise<{ readonly url: string; readonly client: pg.Client }> {
  const database = await testDatabase()
  databases.push(database)
  await fill(database.url)
  return { url: database.url, client: await connected(database.url) }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  clients.push(client)
  await client.connect()
  return client
}

const parts = async (client: pg.Client): Promise<readonly number[]> =>
  (await client.query<{ part: number }>('select part from ledger.migration_parts order by part')).rows.map(({ part }) => part)
const indexIsValid = async (client: pg.Client): Promise<boolean | undefined> =>
  (
    await client.query<{ valid: boolean }>(
      "select indisvalid as valid from pg_index where indexrelid = to_regclass('ledger.versions_made_up')",
    )
  ).rows[0]?.valid

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) if (await holds()) return
  assert.fail('it never came to this')
}

test('a plan, the step, and a second time; who has the ledger open works on, on either side of it', async () => {
  const { url, client } = await ledgerWithRows()
  await using ledger = await openLedger({ url })
  await ledger.append(openTicket('ticket:zoe:1'))
  assert.deepEqual(await migrate(url, { steps, plan: true }), MADE)
  assert.deepEqual([await ledgerSchema(client), await parts(client)], [{ version: 1, oldestProgram: 1 }, []])
  assert.deepEqual(await pendingSteps(client, steps), MADE.steps)

  assert.deepEqual(await migrate(url, { steps }), MADE)
  assert.deepEqual([await ledgerSchema(client), await parts(client)], [{ version: 2, oldestProgram: 1 }, [0, 1, 2, 3]])
  assert.equal(await indexIsValid(client), true)
  assert.deepEqual(await migrate(url, { steps }), NOTHING)
  assert.deepEqual(await pendingSteps(client, steps), [])

  await ledger.append(addNote('ticket:zoe:1'))
  const { rows } = await client.query("select version, made_up from ledger.versions where entity_id = 'ticket:zoe:1' order by version")
  assert.deepEqual(rows, [
    { version: 1, made_up: null },
    { version: 2, made_up: 'yes' },
  ])
})

test('two at once: one applies it, the other waits and finds it applied', async () => {
  const { url } = await ledgerWithRows()
  const both = await Promise.all([migrate(url, { steps }), migrate(url, { steps })])
  assert.deepEqual(
    both.sort((a, b) => b.steps.length - a.steps.length),
    [MADE, NOTHING],
  )
})

test('ended while it builds the index: what is done stays done, the rest is done by whoever comes next', async () => {
  const { url, client } = await ledgerWithRows()
  const reader = await connected(url)
  await reader.query('begin isolation level repeatable read; select 1')
  const migrating = migrate(url, { steps })
  migrating.catch(() => {})
  await until(async () => (await indexIsValid(client)) === false)
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'strata migrate'",
  )
  await assert.rejects(migrating)
  assert.deepEqual([await indexIsValid(client), await parts(client), (await ledgerSchema(client))?.version], [false, [0], 1])
  await reader.query('commit')

  assert.deepEqual(await migrate(url, { steps }), MADE)
  assert.deepEqual([await indexIsValid(client), await parts(client)], [true, [0, 1, 2, 3]])
})

test('a part that fails leaves nothing of itself', async () => {
  const { url, client } = await ledgerWithRows()
  const [step] = steps
  assert.ok(step)
  const broken = { ...step, parts: [...step.parts.slice(0, 1), { sql: 'create table ledger.half (); select 1 / 0' }] }
  await assert.rejects(migrate(url, { steps: [broken] }), { code: '22012' })
  const { rows } = await client.query("select to_regclass('ledger.half') as half")
  assert.deepEqual([rows, await parts(client)], [[{ half: null }], [0]])
})

test('a step that older servers do not survive is not applied under one', async () => {
  const { url } = await ledgerWithRows()
  const alone = [await madeUpStep(2)]
  const ledger = await openLedger({ url })
  await assert.rejects(migrate(url, { steps: alone }), {
    name: 'MigrationRefused',
    message: /^older servers do not work with schema version 2, and some have \d+ connections to the ledger: stop them first$/,
  })
  await ledger.close()
  assert.deepEqual(await migrate(url, { steps: alone }), MADE)
  await assert.rejects(openLedger({ url }), { name: 'MigrationRefused', message: /upgrade the program$/ })
})

test('plans that the change of a type made stale are made again: no read and no append fails', async () => {
  const { url, client } = await ledgerWithRows()
  await using ledger = await openLedger({ url, lanes: 2, readConnections: 3 })
  const id = 'ticket:zoe:1'
  await ledger.append(openTicket(id))
  const useAll = async (): Promise<void> => {
    const reads = Array.from({ length: 12 }, () => [
      ledger.read.latest(id),
      ledger.read.history(id, 0, 10),
      ledger.feed.read(ledger.feed.beginning, 10),
    ])
    const appends = Array.from({ length: 8 }, (_, n) => ledger.append(addNote(n % 2 ? id : 'ticket:alice:T', { key: `n${Math.random()}` })))
    await Promise.all([...reads.flat(), ...appends])
    for (const one of [id, 'ticket:alice:T', 'account:alice:USD']) ledger.cache.forget(one)
  }
  await useAll()
  for (const type of ['varchar', 'text', 'varchar']) {
    await client.query(`alter table ledger.versions alter column actor type ${type}, alter column event type ${type}`)
    await useAll()
  }
})
