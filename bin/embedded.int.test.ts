// Without STRATA_DATABASE_URL: the embedded ledger, made on first use, shared by whoever comes, and not left running.

import assert from 'node:assert/strict'
import { access, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import pg from 'pg'
import { dataFolder, running, server, strata } from '../test/strata.ts'

const open = (n: number): readonly string[] => ['submit', 'OpenAccount', `account:o${n}:USD`, '{"currency":"USD"}']
const isRunning = (dataDir: string): Promise<boolean> =>
  access(join(dataDir, 'postgres', 'postmaster.pid')).then(
    () => true,
    () => false,
  )

test('two commands at once on a fresh data directory, then beside a server, which is killed and started again', async () => {
  await using folder = await dataFolder()
  const env = { STRATA_DATA_DIR: folder.dataDir }
  for (const { code, stderr } of await Promise.all([strata(open(1), env), strata(open(2), env)])) assert.equal(code, 0, stderr)
  assert.equal(await isRunning(folder.dataDir), false, 'the last one stopped PostgreSQL')

  await using killed = await server(env)
  const [beside, shown] = await Promise.all([strata(open(3), env), strata(['show', 'account:o1:USD', '--json'], env)])
  assert.deepEqual([beside.code, shown.code], [0, 0], beside.stderr + shown.stderr)
  assert.equal((await fetch(`${killed.url}/v1/accounts/account:o3:USD`)).status, 200)
  killed.kill('SIGKILL')
  await killed.ended
  assert.equal(await isRunning(folder.dataDir), true, 'nobody was left to stop it')

  await using again = await server(env)
  assert.equal((await fetch(`${again.url}/v1/accounts/account:o2:USD`)).status, 200)
  again.kill('SIGTERM')
  assert.equal((await again.ended).code, 0)
  assert.equal(await isRunning(folder.dataDir), false, 'PostgreSQL was given back')
})

test("the server works as a login without a superuser's rights, whose password nobody else may read", async () => {
  await using folder = await dataFolder()
  await using api = await server({ STRATA_DATA_DIR: folder.dataDir })
  const cluster = join(folder.dataDir, 'postgres')
  assert.equal((await fetch(`${api.url}/v1/accounts`)).status, 200)
  const file = join(cluster, 'strata.login')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const port = Number(await readFile(join(cluster, 'strata.port'), 'utf8'))
  const connect = async (user: string, password: string): Promise<pg.Client> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'strata' })
    await client.connect()
    return client
  }
  const superuser = await connect('postgres', await readFile(join(cluster, 'strata.password'), 'utf8'))
  const working = "select distinct usename from pg_stat_activity where application_name in ('strata read', 'strata append')"
  assert.deepEqual((await superuser.query(working)).rows, [{ usename: 'strata' }])
  await superuser.end()
  const login = await connect('strata', await readFile(file, 'utf8'))
  await assert.rejects(login.query('truncate ledger.versions'), /permission denied/)
  await login.end()
})

test('Ctrl-C halfway, at any moment, leaves nothing running', async () => {
  await using folder = await dataFolder()
  const env = { STRATA_DATA_DIR: folder.dataDir, STRATA_PORT: '0' }
  for (const [afterMs, args, expected] of [
    [400, open(1), 130],
    [600, ['start'], 0],
    [900, ['feed', '--follow'], 130],
  ] as const) {
    await using process = running(args, env)
    await sleep(afterMs)
    process.kill('SIGINT')
    const { code, stderr } = await process.ended
    assert.ok(code === expected || code === 0 || code === 'SIGINT', `${args.join(' ')}: ${code} ${stderr}`)
    assert.equal(await isRunning(folder.dataDir), false, args.join(' '))
  }
})
