// Passwords, roles and URLs as deploy/ makes them, on a server of their own: with them a ledger is made, served and verified, and nobody can do more than he should.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { debianPostgres, missingDebianPostgres, startTestPostgres } from '../test/postgres.ts'
import { server, strata } from '../test/strata.ts'

const run = promisify(execFile)
const MAJOR = '15'

test('the owner migrates, the server serves, and no more', { skip: missingDebianPostgres(MAJOR) }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'strata-roles-'))
  await chmod(folder, 0o755)
  const postgres = await startTestPostgres(join(folder, 'data'))
  t.after(async () => {
    await postgres.stop()
    await rm(folder, { recursive: true })
  })
  const superuser = new URL(postgres.url)
  superuser.pathname = '/postgres'

  const deploy = join(folder, 'deploy')
  await cp(import.meta.dirname, deploy, { recursive: true, filter: (path) => !path.endsWith('/secrets') })
  // The launcher of this server keeps a database of its own that is called strata.
  for (const [file, name, other] of [
    ['roles.sql', 'database strata', 'database ledger'],
    ['secrets.sh', '/strata%s', '/ledger%s'],
  ] as const) {
    const text = await readFile(join(deploy, file), 'utf8')
    assert.ok(text.includes(name))
    await writeFile(join(deploy, file), text.replaceAll(name, other))
  }
  const make = () => run('bash', [join(deploy, 'secrets.sh'), `127.0.0.1:${postgres.port}`, 'connect_timeout=10'])
  await make()
  const secrets = join(deploy, 'secrets')
  const first = await readFile(join(secrets, 'api_url'), 'utf8')
  assert.match(first, /^postgres:\/\/strata_api:[\w-]{32}@127\.0\.0\.1:\d+\/ledger\?connect_timeout=10$/)
  await make()
  assert.equal(await readFile(join(secrets, 'api_url'), 'utf8'), first, 'what is there stays')

  const psql = join(debianPostgres(MAJOR).bin, 'psql')
  await run(psql, ['--no-psqlrc', `--file=${join(deploy, 'roles.sql')}`, superuser.href], { env: { ...process.env, SECRETS: secrets } })
  const owner = { STRATA_DATABASE_URL_FILE: join(secrets, 'owner_url') }
  const api = { STRATA_DATABASE_URL_FILE: join(secrets, 'api_url') }
  for (const [command, env] of [
    ['migrate', owner],
    ['doctor', owner],
    ['doctor', api],
  ] as const) {
    const { code, stdout, stderr } = await strata([command], env)
    assert.equal(code, 0, `${command}: ${stdout}${stderr}`)
  }
  {
    await using running = await server(api)
    const headers = { 'content-type': 'application/json' }
    assert.equal((await fetch(`${running.url}/v1/tickets`, { method: 'POST', headers, body: '{"owner":"o","subject":"s"}' })).status, 201)
  }
  assert.equal((await strata(['verify'], api)).code, 0)

  const refused = async (url: string, statement: string) => {
    const client = new pg.Client(url)
    await client.connect()
    await assert.rejects(client.query(statement), { code: '42501' }, statement)
    await client.end()
  }
  for (const statement of [
    'create table ledger.x ()',
    'create role x',
    'create database x',
    "update ledger.versions set state = '{}'",
    'set role strata_owner',
    'set role strata_append',
  ])
    await refused(first, statement)
  for (const statement of ["update ledger.versions set state = '{}'", 'set role strata_append', 'create role x superuser'])
    await refused(await readFile(join(secrets, 'owner_url'), 'utf8'), statement)
})
