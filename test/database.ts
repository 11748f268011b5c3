// Promises: an empty, migrated database of its own for whoever asks, on the one server of the test run, in some tens of milliseconds.
// The server is STRATA_TEST_DATABASE_URL's (scripts/test.ts starts it); without that, an embedded one in a folder that every directly run
// test file shares. Databases are copies of a template, which is made once for each state of the schema.

import { createHash, randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { EmbeddedPostgres } from '../ledger/embedded-postgres.ts'
import { isAlive } from '../ledger/embedded/postmaster.ts'
import { startTestPostgres, testedMajor } from './postgres.ts'

export type TestDatabase = Readonly<{
  url: string
  /** The same database, as superuser. */
  adminUrl: string
  name: string
  drop(): Promise<void>
}> &
  AsyncDisposable

export type TestDatabaseOptions = Readonly<{
  /** False: an empty database. Default true. */
  migrate?: boolean
  /** Default: migrate's own. */
  partitions?: number
  /** Instead of an empty one: a copy of this database, to which nobody is connected. */
  copyOf?: string
}>

const TEMPLATE_LOCK = 7480_0002
const TEMPLATE_PREFIX = 'strata_template_'
const DATABASE_PREFIX = 'strata_test_'

export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await useServer()
  const name = `${DATABASE_PREFIX}${process.pid}_${randomUUID().slice(0, 8)}`
  try {
    const template = options.copyOf ?? (options.migrate === false ? 'template1' : await ensureTemplate(server.url, options.partitions))
    await asAdmin(server.url, (admin) => createFrom(admin, name, template))
  } catch (error) {
    await server.leave()
    throw error
  }
  const url = withDatabase(server.url, name)
  let dropping: Promise<void> | undefined
  const drop = () =>
    (dropping ??= asAdmin(server.url, async (admin) => {
      await untilLeft(admin, name)
      await admin.query(`drop database if exists ${name} with (force)`)
    }).then(() => server.leave()))
  return { url, adminUrl: url, name, drop, [Symbol.asyncDispose]: drop }
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

async function asAdmin<Result>(url: string, work: (admin: pg.Client) => Promise<Result>): Promise<Result> {
  const admin = new pg.Client({ connectionString: url, application_name: 'strata test harness' })
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

// ---- the template

async function ensureTemplate(serverUrl: string, partitions: number | undefined): Promise<string> {
  const name = `${TEMPLATE_PREFIX}${await schemaHash()}_${partitions ?? 'default'}`
  await asAdmin(serverUrl, async (admin) => {
    if (await exists(admin, name)) return
    await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]) // until the connection ends
    if (await exists(admin, name)) return
    const making = `${name}_making` // the name says that it is whole, so a creator killed midway leaves nothing that looks so
    await admin.query(`drop database if exists ${making} with (force)`)
    await admin.query(`create database ${making} template template1`)
    const { migrate } = await import('../ledger/migrate.ts')
    await migrate(withDatabase(serverUrl, making), partitions === undefined ? {} : { partitions })
    await whenUnused(() => admin.query(`alter database ${making} rename to ${name}`))
    await admin.query(`alter database ${name} with allow_connections false`)
  })
  return name
}

async function exists(admin: pg.Client, name: string): Promise<boolean> {
  return (await admin.query('select 1 from pg_database where datname = $1', [name])).rowCount === 1
}

async function createFrom(admin: pg.Client, name: string, template: string): Promise<void> {
  await whenUnused(() => admin.query(`create database ${name} template ${template}`))
}

/** A connection that has just been closed, or autovacuum, is still there for a moment. */
async function whenUnused(statement: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await statement()
      return
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === '55006') || tries === 50) throw error
      await new Promise((next) => setTimeout(next, 50))
    }
  }
}

/** A pool says that it has ended before its connections have: one that is cut off then throws at nobody. Those that are left open on purpose are not waited for. */
async function untilLeft(admin: pg.Client, name: string): Promise<void> {
  for (let tries = 0; tries < 25; tries++) {
    const { rowCount } = await admin.query(`select from pg_stat_activity where datname = $1 and backend_type = 'client backend' limit 1`, [
      name,
    ])
    if (rowCount === 0) return
    await new Promise((next) => setTimeout(next, 20))
  }
}

/** Of all that migrate may make the schema from. */
async function schemaHash(): Promise<string> {
  const root = join(import.meta.dirname, '..')
  const sql = (await readdir(join(root, 'ledger'), { recursive: true }))
    .filter((path) => path.endsWith('.sql'))
    .map((path) => join('ledger', path))
  const code = await Promise.all(
    ['entities', 'migrations'].map((folder) =>
      readdir(join(root, 'ledger', folder)).then((names) => names.map((name) => join('ledger', folder, name))),
    ),
  )
  const files = ['schema.sql', 'ledger/migrate.ts', ...sql, ...code.flat().filter((path) => path.endsWith('.ts'))].sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(await readFile(join(root, file), 'utf8').catch(() => ''))
  return hash.digest('hex').slice(0, 16)
}

// ---- the server

type Server = Readonly<{ url: string; leave(): Promise<void> }>

let embedded: Promise<EmbeddedPostgres> | undefined
let users = 0

async function useServer(): Promise<Server> {
  const given = process.env['STRATA_TEST_DATABASE_URL']
  if (given) return { url: given, leave: async () => undefined }
  users++
  embedded ??= startShared()
  const server = await embedded
  return {
    url: server.url,
    leave: async () => {
      if (--users > 0) return
      embedded = undefined
      await server.release()
    },
  }
}

async function startShared(): Promise<EmbeddedPostgres> {
  const checkout = createHash('sha256')
    .update(import.meta.dirname)
    .digest('hex')
    .slice(0, 8)
  const folder = join(tmpdir(), `strata-test-${process.getuid?.() ?? 'user'}-${checkout}-${testedMajor ?? 'embedded'}`)
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  const server = await startTestPostgres(folder)
  if (server.started) await sweep(server.url)
  return server
}

/** What killed tests, and schemas long changed, left on it. The number of the process that made a database is in its name. */
async function sweep(url: string): Promise<void> {
  const current = TEMPLATE_PREFIX + (await schemaHash())
  await asAdmin(url, async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const found = await admin.query<{ name: string }>('select datname as name from pg_database where not datname like $1', [`${current}%`])
    const left = found.rows.map(({ name }) => name).filter((name) => name.startsWith(TEMPLATE_PREFIX) || isAbandoned(name))
    for (const name of left) await admin.query(`drop database if exists "${name}" with (force)`)
  })
}

function isAbandoned(name: string): boolean {
  const pid = /^strata_test_(\d+)_/.exec(name)?.[1]
  return pid !== undefined && !isAlive(Number(pid))
}
