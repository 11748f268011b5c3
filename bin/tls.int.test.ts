// TLS to PostgreSQL, as the guide to production has it: whoever is not the database that was meant is not talked to, and what is wrong is one sentence that says what to do.

import assert from 'node:assert/strict'
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { giveTo, postgresOwner } from '../ledger/embedded/owner.ts'
import { migrate } from '../ledger/migrate.ts'
import { authority } from '../test/certificates.ts'
import { testDatabase } from '../test/database.ts'
import { startTestPostgres } from '../test/postgres.ts'
import { server, strata } from '../test/strata.ts'
import { connection } from './doctor/connection.ts'

const RELOADED_WITHIN_MS = 10_000

const folder = await mkdtemp(join(tmpdir(), 'strata-tls-'))
await chmod(folder, 0o755)
const [ours, theirs] = [await authority(folder, 'ours'), await authority(folder, 'theirs')]
const good = await ours.sign('good', 'DNS:localhost,IP:127.0.0.1')
const elsewhere = await ours.sign('elsewhere', 'DNS:db.example')
for (const { key } of [good, elsewhere]) await giveTo(postgresOwner(), key)
const postgres = await startTestPostgres(join(folder, 'data'), {
  ssl: 'on',
  ssl_cert_file: good.certificate,
  ssl_key_file: good.key,
})
await migrate(postgres.url)
after(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

async function ask<Row extends pg.QueryResultRow>(sql: string): Promise<readonly Row[]> {
  const client = new pg.Client(urlWith('sslmode=no-verify'))
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

/** New connections meet the new configuration. */
async function reload(): Promise<void> {
  const loadedAt = async (): Promise<string | undefined> => (await ask<{ at: string }>('select pg_conf_load_time()::text as at'))[0]?.at
  const before = await loadedAt()
  await ask('select pg_reload_conf()')
  for (const deadline = Date.now() + RELOADED_WITHIN_MS; (await loadedAt()) === before; await sleep(20)) assert.ok(Date.now() < deadline)
}

const urlWith = (query: string, host = 'localhost'): string => {
  const url = new URL(postgres.url)
  url.hostname = host
  url.search = query
  return url.href
}
const doctor = (url: string) => strata(['doctor'], { STRATA_DATABASE_URL: url })
const trusting = `sslmode=verify-full&sslrootcert=${ours.certificate}`

test('verify-full, with the right authority and the name or address that the certificate has', async () => {
  for (const host of ['localhost', '127.0.0.1']) {
    const { code, stdout, stderr } = await doctor(urlWith(trusting, host))
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, new RegExp(`^ok +connection +TLSv1\\.[23], to a server whose certificate is good for ${host}$`, 'm'))
  }
  await using api = await server({ STRATA_DATABASE_URL: urlWith(trusting) })
  const opened = await fetch(`${api.url}/v1/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"owner":"o","currency":"USD"}',
  })
  assert.equal(opened.status, 201)
  const rows = await ask<{ plain: string[] | null }>(
    `select array_agg(a.application_name) filter (where not s.ssl) as plain from pg_stat_ssl s join pg_stat_activity a using (pid) where a.application_name in ('strata append', 'strata read', 'strata news')`,
  )
  assert.deepEqual([...rows], [{ plain: null }], 'every connection of the server is encrypted')
})

test('an authority that did not sign the certificate, no authority, a file that is not there or none of certificates', async () => {
  const notThere = join(folder, 'none.crt')
  const noPem = join(folder, 'no.pem')
  await writeFile(noPem, 'hello')
  for (const [query, sentence] of [
    [
      `sslmode=verify-full&sslrootcert=${theirs.certificate}`,
      /certificate of the database at localhost:\d+ can not be trusted: .*sslrootcert=FILE/,
    ],
    ['sslmode=verify-full', /can not be trusted/],
    ['sslmode=require', /can not be trusted/],
    [`sslmode=verify-full&sslrootcert=${notThere}`, /a file that STRATA_DATABASE_URL names .* can not be used: .*none\.crt/],
    [`sslmode=verify-full&sslrootcert=${noPem}`, /can not be (used|trusted)/],
  ] as const) {
    const { code, stdout } = await doctor(urlWith(query))
    assert.equal(code, 1, query)
    assert.match(stdout, sentence)
  }
  const untrusted = { STRATA_DATABASE_URL: urlWith('sslmode=verify-full') }
  const missing = { STRATA_DATABASE_URL: urlWith(`sslmode=verify-full&sslrootcert=${notThere}`) }
  for (const [args, env, sentence] of [
    [['start', '--port', '0'], untrusted, /can not be trusted/],
    [['verify'], missing, /can not be used/],
  ] as const) {
    const { code, stderr } = await strata(args, env)
    assert.deepEqual([code, sentence.test(stderr), stderr.includes('fault')], [1, true, false], stderr)
  }
})

test('encryption without a check of the certificate: a warning', async () => {
  const { code, stdout } = await doctor(urlWith('sslmode=no-verify'))
  assert.equal(code, 0)
  assert.match(stdout, /^warn +connection .*nobody checks to whom.*\n +-> add sslmode=verify-full/m)
})

test('no encryption: none is needed on this machine, and elsewhere it is a warning', () => {
  const at = (host: string) => connection({ host, connection: { stream: {} } } as unknown as pg.Client).status
  assert.deepEqual(['localhost', '127.0.0.1', '::1', '/run/postgresql'].map(at), ['ok', 'ok', 'ok', 'ok'])
  assert.deepEqual(['db.example', '192.0.2.1', '2001:db8::1'].map(at), ['warn', 'warn', 'warn'])
})

test('a database that takes encrypted connections only says so', async () => {
  const file = join(folder, 'data', 'postgres', 'pg_hba.conf')
  const was = await readFile(file, 'utf8')
  await writeFile(file, was.replaceAll(/^host(?=\s+all)/gm, 'hostssl'))
  await reload()
  const { code, stdout } = await doctor(urlWith(''))
  assert.equal(code, 1)
  assert.match(stdout, /takes encrypted connections only: add sslmode=verify-full/)
  await writeFile(file, was)
  await reload()
})

test('the certificate of another host', async () => {
  await copyFile(elsewhere.certificate, good.certificate)
  await copyFile(elsewhere.key, good.key)
  await reload()
  const { code, stdout } = await doctor(urlWith(trusting))
  assert.equal(code, 1)
  assert.match(stdout, /certificate of the database at localhost:\d+ is for another host: .*db\.example.*as the certificate does/)
})

test('a database that takes no encrypted connections', async () => {
  await using database = await testDatabase()
  const { code, stdout } = await doctor(`${database.url}?${trusting}`)
  assert.equal(code, 1)
  assert.match(stdout, /takes no encrypted connections, and STRATA_DATABASE_URL asks for one/)
})
