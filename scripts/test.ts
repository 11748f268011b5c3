// Promises: every unit, integration and property test runs, against one PostgreSQL server for them all, which is gone afterwards.
//   npm test                          all
//   npm test -- ledger/append group   the files whose path contains one of the words; options (-…) go to the test runner
// STRATA_TEST_POSTGRES=15: on Debian's PostgreSQL 15 instead of the embedded server, the files that need a database alone. Where it is not installed that is said aloud; in CI it fails.
// STRATA_TEST_DATABASE_URL: a superuser's URL of another server to test against. STRATA_TEST_FSYNC=off: faster, on slow disks.
// MongoDB, Kafka and the stand-in of Snowflake are started for the files that need them, unless STRATA_TEST_MONGO_URL, STRATA_TEST_KAFKA_BROKERS or STRATA_TEST_SNOWFLAKE_URL name others (test/services).

import { spawn } from 'node:child_process'
import { chmod, glob, mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { missingDebianPostgres, startTestPostgres, testedMajor } from '../test/postgres.ts'
import { missing } from '../test/services/shared.ts'
import { kafka } from './services/kafka.ts'
import { mongodb } from './services/mongodb.ts'
import { snowflake } from './services/snowflake.ts'

const CONCURRENCY = Math.min(2, availableParallelism())
const ASKS_FOR_OTHERS = /\bshared(Mongo|Kafka|Snowflake)\(|\b(mongodb|kafka|snowflake)\.start\(/
/** Of a test, and of a file: one that hangs fails, instead of the whole run. */
const TEST_TIMEOUT_MS = process.env['STRATA_TEST_LONG'] === '1' ? 1_800_000 : 300_000

process.chdir(join(import.meta.dirname, '..'))
const args = process.argv.slice(2)
const options = args.filter((arg) => arg.startsWith('-'))
const words = args.filter((arg) => !arg.startsWith('-'))
if (testedMajor !== undefined && missingDebianPostgres(testedMajor)) process.exit()
const files = testedMajor === undefined || words.length > 0 ? await testFiles(words) : await thatNeedDatabase(await testFiles([]))
if (files.length === 0) {
  console.error(`no test file's path contains ${args.join(' or ')}`)
  process.exit(1)
}
const given = process.env['STRATA_TEST_DATABASE_URL']
process.exitCode = await withServices((services) => (given ? runTests(given, services) : withServer((url) => runTests(url, services))))

async function testFiles(words: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for await (const file of glob('**/*.{unit,int,property}.test.ts', { exclude: (path) => /(^|[/\\])(node_modules|\.strata)$/.test(path) }))
    if (words.length === 0 || words.some((word) => file.includes(word.replace(/^\.\//, '')))) found.push(file)
  return found.sort()
}

/** The others find nothing new on another PostgreSQL, and neither do the guides' own, and those about other servers or the DuckDB file; the long import takes minutes, and there are shorter ones. */
async function thatNeedDatabase(all: readonly string[]): Promise<readonly string[]> {
  const sources = await Promise.all(all.map((file) => readFile(file, 'utf8')))
  const isNeeded = (source: string): boolean => /\b(testDatabase|startTestPostgres)\(/.test(source) && !ASKS_FOR_OTHERS.test(source)
  const needed = all.filter(
    (file, n) => !/^(docs|bench|deploy.image|bin.analytics|bin.import.lobster)/.test(file) && isNeeded(sources[n] ?? ''),
  )
  const others = all.filter((file) => !needed.includes(file) && !file.endsWith('.unit.test.ts'))
  console.log(
    `left out on PostgreSQL ${testedMajor}: unit tests, and what needs no database, or is about the embedded one, other servers or the DuckDB file, and what is long: ${others.join(', ')}`,
  )
  return needed
}

async function withServer(work: (url: string) => Promise<number>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-tests-'))
  await chmod(folder, 0o755) // as root, the server runs as another user
  try {
    const server = await startTestPostgres(join(folder, 'data'))
    try {
      return await work(server.url)
    } finally {
      await server.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Environment = Readonly<Record<string, string>>

/** Those that the files ask for. One that can not be had is missed by them again, and said so there. */
async function withServices(work: (services: Environment) => Promise<number>): Promise<number> {
  const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const wanted = [
    { ...mongodb, asked: 'sharedMongo()' },
    { ...kafka, asked: 'sharedKafka()' },
    { ...snowflake, asked: 'sharedSnowflake()' },
  ].filter(({ asked, setting }) => !process.env[setting] && sources.some((source) => source.includes(`await ${asked}`)))
  await using running = new AsyncDisposableStack()
  const started = await Promise.all(
    wanted.map(async ({ name, setting, start }) => {
      try {
        return [[setting, running.use(await start()).address] as const]
      } catch (error) {
        missing(name, error)
        return []
      }
    }),
  )
  return await work(Object.fromEntries(started.flat()))
}

async function runTests(url: string, services: Environment): Promise<number> {
  console.log(`on ${await versionOf(url)}`)
  // the caller's own STRATA_ settings are for the program, not for its tests
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('STRATA_') || name.startsWith('STRATA_TEST_'))
  const env = { ...Object.fromEntries(kept), ...services, STRATA_TEST_DATABASE_URL: url }
  const runner = spawn(
    process.execPath,
    ['--test', `--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TEST_TIMEOUT_MS}`, '--test-reporter=spec', ...options, ...files],
    {
      stdio: 'inherit',
      env,
    },
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal))
  return new Promise((done, fail) => {
    runner.on('error', fail)
    runner.on('close', (code) => done(code ?? 1))
  })
}

async function versionOf(url: string): Promise<string> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ version: string }>('select version()')
    return rows[0]?.version ?? ''
  } finally {
    await client.end()
  }
}
