// Promises: a DuckDB file is whole whoever is killed while he writes, and belongs to one process at a time; whatever is wrong with it is said in a sentence, and passes when that does.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmod, chown, copyFile, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Unavailable } from '../../ledger/failure.ts'
import { fold } from '../fold.ts'
import { contents, counting, feedInto, versions } from './made-up.testing.ts'
import { duckdbSink } from './duckdb.ts'
import { HeldElsewhere } from './duckdb/failure.ts'
import { duckdbReader } from './duckdb/reader.ts'
import { socketPath } from './duckdb/socket-path.ts'
import type { AnalyticSink, Select } from './sink.ts'

const WITHIN_MS = 30_000
const ROUNDS = process.env['STRATA_TEST_LONG'] ? 30 : 6
const NOBODY = 65_534
const written = counting('written')
const folder = await mkdtemp(join(tmpdir(), 'strata-duckdb-'))
await chmod(folder, 0o777)
after(() => rm(folder, { recursive: true }))

interface Writer extends AsyncDisposable {
  readonly pid: number
  /** Its lines. */
  readonly said: readonly string[]
  kill(): Promise<void>
  until(pattern: RegExp): Promise<string>
}

/** `limited`: by these words of a shell, before it begins. */
function writer(args: readonly string[], limited = ''): Writer {
  const program = [process.execPath, fileURLToPath(new URL('./duckdb/writer.testing.ts', import.meta.url)), ...args]
  const child = spawn('sh', ['-c', `${limited} exec "$@"`, 'sh', ...program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: string[] = []
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    said.push(...lines)
  })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    pid: child.pid ?? 0,
    said,
    kill,
    async until(pattern) {
      for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(10)) {
        const found = said.find((line) => pattern.test(line))
        if (found !== undefined) return found
      }
      assert.fail(`it did not say ${pattern}: ${said.slice(-5).join('\n')}`)
    },
    [Symbol.asyncDispose]: kill,
  }
}

const acknowledged = ({ said }: Writer): number => Number(said.findLast((line) => line.startsWith('at '))?.slice(3) ?? 0)

/** All or nothing of each batch, and no version less than was acknowledged. Gives how many. */
async function assertWhole(sink: AnalyticSink, atLeast: number): Promise<number> {
  const view = await sink.open(written, 'live')
  const places = await view.places()
  const seen = (places.get(1)?.position ?? 0) * 2
  assert.ok(seen >= atLeast, `${seen} versions are there, and ${atLeast} were acknowledged`)
  assert.equal(places.get(0)?.position, places.get(1)?.position)
  const expected = fold(written, versions(0, seen), { documents: new Map(), memories: new Map() }).documents
  assert.deepEqual(
    (await contents(view)).map(({ key, body, position }) => [key, body, position]),
    [...expected.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ key, body, position }) => [key, body, position]),
  )
  return seen
}

const COUNT: Select = { text: 'select count(*) as n from written', values: [], columns: { n: 'integer' }, orderBy: 'n', limit: 1 }
const SOON = { timeoutMs: 5_000 }

test('killed again and again while it writes: what was acknowledged is there, and nothing by halves', { timeout: 300_000 }, async (t) => {
  const path = join(folder, 'killed.duckdb')
  const seen: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await using one = writer([path, String(10 + 200 * (round % 3))])
    await one.until(/^at /)
    await sleep(Math.random() * 500)
    await one.kill()
    await using sink = duckdbSink({ path })
    seen.push(await assertWhole(sink, acknowledged(one)))
  }
  t.diagnostic(`killed at ${seen.join(', ')}`)
  assert.ok((seen.at(-1) ?? 0) > 1_000)
})

test('one process has it: others ask that one, leave it alone, and take over when it has ended', async () => {
  const path = join(folder, 'held.duckdb')
  const reader = duckdbReader(path)
  await assert.rejects(reader.select(COUNT, SOON), (error) => error instanceof Unavailable && /there is no DuckDB file/.test(error.message))
  await using sink = duckdbSink({ path, isServed: true })
  {
    await using holder = writer([path])
    await holder.until(/^at [1-9]/)
    assert.equal(await sink.isMine?.(), false)
    await assert.rejects(
      sink.open(written, 'live'),
      (error) => error instanceof HeldElsewhere && error.message.includes(String(holder.pid)),
    )
    assert.equal((await reader.select(COUNT, SOON))[0]?.['n'], 6)
    assert.equal((await lstat(await socketPath(path))).mode & 0o777, 0o600)
    await holder.kill()
    assert.ok((await lstat(await socketPath(path))).isSocket(), 'it has left its socket')
    // Nobody has it: opened for the moment, what the other one has not brought into the file included.
    assert.equal((await reader.select(COUNT, SOON))[0]?.['n'], 6)
    assert.equal(await mine(sink), true)
    await assertWhole(sink, acknowledged(holder))
  }
  assert.equal((await reader.select(COUNT, SOON))[0]?.['n'], 6)
})

test('whoever ends between being reached and being asked is as one that is not there', async () => {
  const path = join(folder, 'ending.duckdb')
  {
    await using sink = duckdbSink({ path })
    await feedInto(await sink.open(written, 'live'), written, versions(0, 20))
  }
  const reader = duckdbReader(path)
  // On the way, as it happens: the connection is reset, or can not be written to.
  let reached = 0
  await using server = createServer((socket) => {
    reached++
    socket.destroy()
  })
  await new Promise<void>((done) => server.listen(`${path}.sock`, done))
  for (let n = 0; n < 40; n++) assert.equal((await reader.select(COUNT, SOON))[0]?.['n'], 6)
  assert.equal(reached, 40)
})

async function mine(sink: AnalyticSink): Promise<boolean> {
  for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(20)) if (await sink.isMine?.()) return true
  return false
}

test('whoever is asked too much refuses; whoever does not wait is not worked for', async () => {
  const path = join(folder, 'asked.duckdb')
  await using sink = duckdbSink({ path, isServed: true })
  await feedInto(await sink.open(written, 'live'), written, versions(0, 20))
  const reader = duckdbReader(path)
  const endless = { ...COUNT, text: 'select count(*) as n from range(100000000000) a' }
  await assert.rejects(reader.select(endless, { timeoutMs: 200 }), { name: 'TookTooLong' })
  await assert.rejects(reader.select(endless, { timeoutMs: 50_000, signal: AbortSignal.timeout(100) }), { name: 'TimeoutError' })
  await assert.rejects(reader.select({ ...COUNT, limit: 1_000_000 }, SOON), /limit/)
  await assert.rejects(reader.select({ ...COUNT, text: `select 1 as n -- ${'x'.repeat(300_000)}` }, SOON), /262144 bytes/)
  const long = { ...COUNT, text: "select repeat('x', 1000000) as n from range(40)", columns: { n: 'text' as const }, limit: 40 }
  await assert.rejects(reader.select(long, SOON), /33554432 bytes/)
  await assert.rejects(reader.select({ ...COUNT, text: 'drop table written' }, SOON), /syntax error/)
  // Those that were cut off are not in the way.
  const started = performance.now()
  assert.deepEqual(await Promise.all(Array.from({ length: 10 }, () => reader.select(COUNT, SOON))), Array(10).fill([{ n: 6 }]))
  assert.ok(performance.now() - started < 3_000)
})

test(
  'where its name is too long for a socket, that is among the temporary files, for this user alone',
  { skip: process.platform === 'win32' },
  async () => {
    const path = join(folder, 'x'.repeat(100), 'long.duckdb')
    await using sink = duckdbSink({ path, isServed: true })
    await feedInto(await sink.open(written, 'live'), written, versions(0, 20))
    const at = await socketPath(path)
    assert.ok(at.startsWith(tmpdir()) && at.length < 104)
    assert.equal((await lstat(join(at, '..'))).mode & 0o777, 0o700)
    assert.equal((await duckdbReader(path).select(COUNT, SOON))[0]?.['n'], 6)
    await sink[Symbol.asyncDispose]()
    await assert.rejects(lstat(at), { code: 'ENOENT' })
  },
)

test('what is in the way of the socket is not removed', async () => {
  const path = join(folder, 'way.duckdb')
  await writeFile(`${path}.sock`, 'somebody wrote this')
  await using sink = duckdbSink({ path, isServed: true })
  await assert.rejects(sink.open(written, 'live'), (error) => error instanceof Unavailable && /in the way/.test(error.message))
  await rm(`${path}.sock`)
  await using server = createServer()
  await new Promise<void>((done) => server.listen(`${path}.sock`, done))
  await sink.open(written, 'live')
})

/** The checksum that DuckDB puts before a block, as of its version 64 of the format. */
function checksum(block: Buffer): bigint {
  let sum = 5_381n
  for (let at = 0; at < block.length; at += 8) sum ^= BigInt.asUintN(64, block.readBigUInt64LE(at) * 0xbf58476d1ce4e5b9n)
  return sum
}

test('a file that can not be used: what it is, and what to do', async () => {
  const good = join(folder, 'good.duckdb')
  {
    await using sink = duckdbSink({ path: good })
    await feedInto(await sink.open(written, 'live'), written, versions(0, 20))
  }
  const bytes = await readFile(good)
  const newer = Buffer.from(bytes)
  newer.writeBigUInt64LE(9_999n, 12)
  newer.writeBigUInt64LE(checksum(newer.subarray(8, 4_096)), 0)
  const damaged = Buffer.from(bytes).fill(7, 4_096, 8_192).fill(7, 8_192, 12_288)
  for (const [name, content, says] of [
    ['text.duckdb', 'hello world '.repeat(1_000), /is no DuckDB database.*STRATA_DUCKDB_PATH/],
    ['empty.duckdb', '', /is no DuckDB database/],
    ['newer.duckdb', newer, /is of a newer DuckDB.*move it away/],
    ['damaged.duckdb', damaged, /is damaged.*move it away/],
  ] as const) {
    const path = join(folder, name)
    await writeFile(path, content)
    await using sink = duckdbSink({ path })
    const open = () => sink.open(written, 'live')
    await assert.rejects(open, (error) => error instanceof Unavailable && error.message.includes(path) && says.test(error.message))
    // It is this process's to complain about, and works as soon as it can.
    assert.equal(await sink.isMine?.(), true)
    await copyFile(good, path)
    assert.equal((await contents(await open())).length, 6)
  }
  for (const path of [folder, join(good, 'below.duckdb')]) {
    await using sink = duckdbSink({ path })
    await assert.rejects(
      sink.open(written, 'live'),
      (error) => error instanceof Unavailable && /is no file in a folder/.test(error.message),
    )
  }
})

test('a folder that may not be written: it says so, and goes on when it may', { skip: process.getuid === undefined }, async () => {
  const closed = join(folder, 'closed')
  await mkdir(closed, { mode: 0o555 })
  await using one = writer([join(closed, 'x.duckdb'), '50', '1000000', ...(process.getuid?.() === 0 ? [String(NOBODY)] : [])])
  assert.match(await one.until(/^failed/), /may not be written by this user.*STRATA_DUCKDB_PATH/)
  if (process.getuid?.() === 0) await chown(closed, NOBODY, NOBODY)
  await chmod(closed, 0o755)
  await one.until(/^at /)
})

const hasLimits = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0

test('a full disk: it says so, loses nothing, and goes on when there is room', { skip: !hasLimits }, async () => {
  const path = join(folder, 'full.duckdb')
  await using one = writer([path, '200'], `trap '' XFSZ; ulimit -S -f 400;`)
  assert.match(await one.until(/^failed/), /has no room on its disk/)
  const before = acknowledged(one)
  assert.ok(before > 0)
  spawnSync('prlimit', ['--pid', String(one.pid), '--fsize=unlimited'])
  await one.until(new RegExp(`^at ${before + 600}$`))
  await one.kill()
  await using sink = duckdbSink({ path })
  await assertWhole(sink, acknowledged(one))
})

const FATAL = `
  import { spawnSync } from 'node:child_process'
  import { duckDbFile } from ${JSON.stringify(new URL('./duckdb/file.ts', import.meta.url).href)}
  const limit = (bytes) => spawnSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':unlimited'])
  await using file = duckDbFile({ path: process.argv[1] })
  const insert = (rows) => file.write((connection) => connection.run('insert into t select range, uuid()::varchar from range(' + rows + ')'))
  const count = () => file.read(async (connection) => String((await connection.runAndReadAll('select count(*) from t')).getRows()))
  await file.write((connection) => connection.run('create table t as select range n, uuid()::varchar x from range(300000)'))
  limit(100_000)
  await insert(10)
  const moved = file.write(async (connection) => {
    await connection.run('commit')
    await connection.run('force checkpoint')
  })
  await moved.catch((error) => console.log(error.message))
  console.log(await count())
  limit('unlimited')
  await insert(10)
  console.log(await count())`

test('given up by DuckDB itself, it is opened again, and nothing is lost', { skip: !hasLimits }, () => {
  const program = [process.execPath, '--input-type=module', '-e', FATAL, join(folder, 'fatal.duckdb')]
  const { stdout, stderr } = spawnSync('sh', ['-c', `trap '' XFSZ; exec "$@"`, 'sh', ...program], { encoding: 'utf8' })
  assert.match(stdout, /^the DuckDB file .* has no room on its disk.*FATAL Error.*\n300010\n300020\n$/, stderr)
})
