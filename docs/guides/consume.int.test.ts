// Follows docs/guides/consume.md: its programs run beside a server with sample data, and print what it shows; its SQL runs, and its DDL is the one that the kit applies.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { postgresDdl } from '../../projections/consumer/index.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { testMongo } from '../../test/mongo.ts'
import { sharedMongo } from '../../test/services/shared.ts'
import { server, type Server } from '../../test/strata.ts'
import { fences, isAsShown } from '../markdown.ts'

const { address, skip } = await sharedMongo()
const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)
const blocks = fences(await readFile(join(import.meta.dirname, 'consume.md'), 'utf8'))

let folder = ''
let ledger: TestDatabase
let own: TestDatabase
let running: Server

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-consume-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules', 'strata-ledger'))
  for (const name of ['pg', 'mongodb']) await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  ledger = await testDatabase()
  own = await testDatabase({ migrate: false })
  running = await server({ STRATA_DATABASE_URL: ledger.url }, ['--demo'])
  for (const { language, info, text } of blocks)
    if (language === 'ts') await writeFile(join(folder, info), text.replaceAll('http://127.0.0.1:7480', running.url))
})
after(async () => {
  await running?.[Symbol.asyncDispose]()
  await own?.drop()
  await ledger?.drop()
  await rm(folder, { recursive: true, force: true })
})

async function program(name: string, env: Readonly<Record<string, string>>): Promise<string> {
  assert.ok(blocks.some(({ info }) => info === name))
  const { stdout } = await run(process.execPath, [name], { cwd: folder, env: { ...process.env, ...env, NO_COLOR: '1' } })
  return stdout
}

test('the consumer prints what the guide shows, however often it runs', async () => {
  const shown = blocks.find(({ language }) => language === 'text')?.text ?? ''
  const output = await program('count-events.ts', { DATABASE_URL: own.url })
  assert.ok(isAsShown(output, shown), output)
  assert.equal(await program('count-events.ts', { DATABASE_URL: own.url }), output)
})

test('the view of gaps is empty after that, and repair finds nothing to do', async () => {
  const client = new pg.Client({ connectionString: own.url })
  await client.connect()
  try {
    const sql = blocks.find(({ language, info }) => language === 'sql' && info === '')?.text ?? ''
    assert.deepEqual((await client.query(sql)).rows, [])
    await client.query('delete from strata_consumer.received where version = 1')
    await client.query(
      'update strata_consumer.progress p set received = (select count(*) from strata_consumer.received r where r.entity_id = p.entity_id)',
    )
    assert.ok(((await client.query(sql)).rowCount ?? 0) > 0)
    assert.match(await program('repair.ts', { DATABASE_URL: own.url }), /^[1-9]\d* versions fetched\n$/)
    assert.equal(await program('repair.ts', { DATABASE_URL: own.url }), '0 versions fetched\n')
  } finally {
    await client.end()
  }
})

test('the consumer in MongoDB has every ticket', { skip }, async () => {
  await using mongo = await testMongo(address)
  const output = await program('mongo-consumer.ts', { MONGO_URL: mongo.url })
  assert.match(output, /^[1-9]\d* tickets\n$/)
  assert.equal(await program('mongo-consumer.ts', { MONGO_URL: mongo.url }), output)
})

test('the DDL is the kit’s own', () => {
  assert.equal(blocks.find(({ info }) => info === 'ddl')?.text.trim(), postgresDdl().trim())
})
