import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { findBinaries } from './embedded/binaries.ts'
import { giveTo, postgresOwner } from './embedded/owner.ts'
import { isPostmasterOf, readPostmaster, waitUntilGone } from './embedded/postmaster.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

const folders: string[] = []
after(async () => {
  for (const folder of folders) {
    const left = await readPostmaster(join(folder, 'postgres'))
    if (left !== undefined && (await isPostmasterOf(join(folder, 'postgres'), left.pid))) {
      process.kill(left.pid, 'SIGQUIT')
      await waitUntilGone(join(folder, 'postgres'), left.pid, 10_000)
    }
    await rm(dirname(folder), { recursive: true, force: true })
  }
})

async function freshDataDir(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'strata-embedded-'))
  await chmod(parent, 0o755)
  folders.push(join(parent, 'data'))
  return join(parent, 'data')
}

async function ask<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

const isRunning = (dataDir: string, pid: number) => isPostmasterOf(join(dataDir, 'postgres'), pid)

type Told = Readonly<{ url: string; pid: number; started: boolean }>

/** Another process that starts the server, tells of it, and holds it until its stdin ends (then releases it) or it is killed. */
async function holder(dataDir: string): Promise<Readonly<{ told: Told; leave(): Promise<void>; kill(): Promise<void> }>> {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)}
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, settings: { fsync: 'off' } })
    console.log(JSON.stringify({ url: server.url, pid: server.pid, started: server.started }))
    process.stdin.resume().on('end', () => server.release())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((done) => child.on('close', () => done()))
  const told = await new Promise<Told>((done, fail) => {
    child.stdout.once('data', (line: Buffer) => done(JSON.parse(line.toString()) as Told))
    child.once('exit', (code) => fail(new Error(`the holder ended early, exit code ${code}`)))
  })
  return {
    told,
    leave: () => (child.stdin.end(), ended),
    kill: () => (child.kill('SIGKILL'), ended),
  }
}

const settings = { fsync: 'off' } // the tests' own speed; what a server does with fsync is not their subject

test('a fresh start makes a checksummed UTF-8 cluster behind a password, and release stops it', async () => {
  const dataDir = await freshDataDir()
  const server = await startEmbeddedPostgres({ dataDir })
  assert.equal(server.started, true)
  const [facts] = await ask<Record<string, string>>(
    server.url,
    `select current_database() as database, current_setting('data_checksums') as checksums, current_setting('server_encoding') as encoding,
            current_setting('fsync') as fsync, current_setting('timezone') as timezone, current_setting('listen_addresses') as addresses,
            (select datcollate from pg_database where datname = 'strata') as locale, current_setting('unix_socket_directories') as sockets`,
  )
  assert.deepEqual(
    { ...facts },
    {
      database: 'strata',
      checksums: 'on',
      encoding: 'UTF8',
      fsync: 'on',
      timezone: 'UTC',
      addresses: '127.0.0.1',
      locale: 'C',
      sockets: '',
    },
  )
  const wrong = new URL(server.url)
  wrong.password = 'wrong'
  await assert.rejects(ask(wrong.href, 'select 1'), { code: '28P01' })
  assert.equal((await stat(join(dataDir, 'postgres', 'strata.password'))).mode & 0o777, 0o600)
  await server.release()
  await server.release() // twice does nothing more
  assert.equal(await isRunning(dataDir, server.pid), false)
  await assert.rejects(ask(server.url, 'select 1'), { code: 'ECONNREFUSED' })
  await using again = await startEmbeddedPostgres({ dataDir, settings })
  assert.equal(again.started, true)
  assert.equal(again.url, server.url, 'the same port and password as before')
})

test('a second process shares the server, and the last one out stops it', async () => {
  const dataDir = await freshDataDir()
  const server = await startEmbeddedPostgres({ dataDir, settings })
  const other = await holder(dataDir)
  assert.deepEqual(other.told, { url: server.url, pid: server.pid, started: false })
  await server.release()
  assert.equal((await ask(other.told.url, 'select 1')).length, 1)
  await other.leave()
  assert.equal(await isRunning(dataDir, server.pid), false)
})

test("anybody's open connection keeps it running", async () => {
  const dataDir = await freshDataDir()
  const server = await startEmbeddedPostgres({ dataDir, settings })
  const client = new pg.Client(server.url)
  await client.connect()
  await server.release()
  assert.equal((await client.query('select 1')).rowCount, 1)
  await client.end()
  const next = await startEmbeddedPostgres({ dataDir, settings })
  assert.equal(next.started, false)
  await next.stop()
  assert.equal(await isRunning(dataDir, next.pid), false)
})

test('a killed process leaves it running, and the next one uses it', async () => {
  const dataDir = await freshDataDir()
  const first = await holder(dataDir)
  assert.equal(first.told.started, true)
  await first.kill()
  const server = await startEmbeddedPostgres({ dataDir, settings })
  assert.equal(server.started, false)
  assert.equal(server.pid, first.told.pid)
  await server.release()
  assert.equal(await isRunning(dataDir, server.pid), false)
})

test('a killed server comes back with what was committed: at the next start, and by itself while it is held', async () => {
  const dataDir = await freshDataDir()
  const first = await holder(dataDir)
  await ask(first.told.url, 'create table kept as select 1 as one')
  await first.kill()
  process.kill(first.told.pid, 'SIGKILL')
  const server = await startEmbeddedPostgres({ dataDir, settings })
  assert.equal(server.started, true)
  assert.deepEqual([...(await ask(server.url, 'select one from kept'))], [{ one: 1 }])

  const { pid, url } = server
  process.kill(pid, 'SIGKILL')
  for (const deadline = Date.now() + 20_000; server.pid === pid && Date.now() < deadline;) await sleep(20)
  assert.notEqual(server.pid, pid)
  assert.equal(server.url, url)
  assert.equal((await ask(url, 'select one from kept')).length, 1)
  await server.release()
  assert.equal(await isRunning(dataDir, server.pid), false)
})

test('three first starts at once give one cluster and one server', async () => {
  const dataDir = await freshDataDir()
  const holders = await Promise.all([holder(dataDir), holder(dataDir), holder(dataDir)])
  assert.equal(holders.filter(({ told }) => told.started).length, 1)
  assert.equal(new Set(holders.map(({ told }) => told.url)).size, 1)
  await Promise.all(holders.map((one) => one.leave()))
  assert.equal(await isRunning(dataDir, holders[0]?.told.pid ?? 0), false, 'when all leave at once, one of them stops it')
  assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'postgres.log'])
})

test('processes that come and go all the time always get a server that stays', async () => {
  const dataDir = await freshDataDir()
  const visit = async () => {
    for (let round = 0; round < 8; round++) {
      await using server = await startEmbeddedPostgres({ dataDir, settings })
      assert.equal((await ask(server.url, 'select 1')).length, 1)
      await sleep(Math.random() * 30)
    }
  }
  await Promise.all([visit(), visit(), visit()])
})

test('what a killed initdb left is swept, and a stale lock file with the number of a live process is no obstacle', async () => {
  const dataDir = await freshDataDir()
  await mkdir(join(dataDir, 'postgres.init-999999999-abcd', 'cluster'), { recursive: true })
  await writeFile(join(dataDir, 'postgres.init-999999999-abcd', 'cluster', 'PG_VERSION'), '18')
  const server = await startEmbeddedPostgres({ dataDir, settings })
  await server.release()
  assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'postgres.log'])

  // another process of PostgreSQL's own user: PostgreSQL alone would take it for a running server
  const stranger = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {})
  const cluster = join(dataDir, 'postgres')
  await writeFile(
    join(cluster, 'postmaster.pid'),
    [stranger.pid, cluster, 1, server.port, '', '127.0.0.1', '', 'ready   ', ''].join('\n'),
    { mode: 0o600 },
  )
  await giveTo(postgresOwner(), join(cluster, 'postmaster.pid'))
  try {
    await using again = await startEmbeddedPostgres({ dataDir, settings })
    assert.equal(again.started, true)
    assert.equal(again.port, server.port)
  } finally {
    stranger.kill()
  }
})

test('as root, a folder that PostgreSQL cannot enter is named', { skip: process.getuid?.() !== 0 }, async () => {
  const dataDir = await freshDataDir()
  await chmod(dirname(dataDir), 0o700)
  await assert.rejects(startEmbeddedPostgres({ dataDir }), (error: Error) => {
    assert.match(error.message, new RegExp(`cannot enter ${dirname(dataDir)} \\(mode 0700\\)`))
    assert.match(error.message, /STRATA_DATABASE_URL/)
    return true
  })
})

test('bad settings and missing platforms are reported in words', async () => {
  const dataDir = await freshDataDir()
  await assert.rejects(startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } }), /shared_buffers/)
  assert.match(await readFile(join(dataDir, 'postgres.log'), 'utf8'), /shared_buffers/)
  await assert.rejects(findBinaries('plan9', 'vax'), /no embedded PostgreSQL for plan9-vax.*STRATA_DATABASE_URL/)
})
