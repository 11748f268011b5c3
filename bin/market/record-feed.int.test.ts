// Real bars as a bad feed sends them, out of order, twice, wrong at first, from servers that drop connections and fail: by WebSocket and by polling, in this process and in one that is killed, the
// ledger comes to the bars that an import of the rows comes to.
import assert from 'node:assert/strict'
import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pollingSource } from '../../commands/market/sources/polling.ts'
import { plainFormat } from '../../commands/market/plain-format.ts'
import { SourceRefused, type MarketSource } from '../../commands/market/source.ts'
import { webSocketSource } from '../../commands/market/sources/web-socket.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { testDatabase } from '../../test/database.ts'
import { random } from '../../test/kill/random.ts'
import { feedServer } from '../../test/market/feed-server.ts'
import { badStream, type Row } from '../../test/market/recorded-stream.ts'
import { sharedData } from '../../test/shared-data.ts'
import { running, strata } from '../../test/strata.ts'
import { importOhlc } from '../import/ohlc-file.ts'
import { tarFiles } from '../import/tar.ts'
import { fileStream } from '../import/text-lines.ts'
import { recordFeed, type FeedCounts } from './record-feed.ts'

const data = sharedData('ohlc')
const options = { skip: data.missing, timeout: 240_000 }
const SEED = Number(process.env['STRATA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const SYMBOLS = ['AAPL', 'BHF', 'DHR']
const HEADER = 'date,open,high,low,close,volume,Name'
const DONE_WITHIN_MS = 60_000
/** Longer than the latest word comes late: at most 50 messages, of three symbols. */
const OVERLAP_DAYS = 40

const rows: Row[] = []
/** What an import of the rows comes to. */
let expected: readonly unknown[]

const BARS = `select entity_id, state - 'revision' as state from ledger.versions where latest and kind = 'bar' order by entity_id`
const barsOf = async ({ database }: Ledger): Promise<readonly unknown[]> => (await database.query(BARS)).rows

before(async () => {
  if (data.missing) return
  for await (const { name, content } of tarFiles(fileStream(data.path('bars.tar.gz')).chunks)) {
    const [symbol = ''] = basename(name).split('_')
    if (!SYMBOLS.includes(symbol)) continue
    const text = Buffer.concat(await Array.fromAsync(content)).toString('latin1')
    rows.push(
      ...text
        .trim()
        .split('\n')
        .slice(1)
        .map((row) => row.split(','))
        .slice(-500),
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'strata-feed-'))
  after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'rows.csv')
  await writeFile(file, [HEADER, ...rows.map((row) => row.join(','))].join('\n'))
  await using database = await testDatabase()
  await using ledger = await openLedger({ url: database.url })
  assert.equal((await importOhlc(ledger, file)).applied, rows.length)
  expected = await barsOf(ledger)
})

const untilSame = async (ledger: Ledger): Promise<void> => {
  for (const deadline = Date.now() + DONE_WITHIN_MS; Date.now() < deadline; await sleep(100)) {
    const found = await barsOf(ledger)
    if (found.length === expected.length && JSON.stringify(found) === JSON.stringify(expected)) return
  }
  assert.deepEqual(await barsOf(ledger), expected)
}

const feedOf = (source: MarketSource, signal: AbortSignal, onNews: (sentence: string) => void = () => {}) => ({
  source,
  symbols: SYMBOLS,
  interval: 'day' as const,
  judging: {},
  actor: 'market',
  overlapDays: OVERLAP_DAYS,
  signal,
  onNews,
})

const SOURCES: Readonly<Record<string, (server: { readonly wsUrl: string; readonly httpUrl: string }) => MarketSource>> = {
  WebSocket: ({ wsUrl }) => webSocketSource({ url: new URL(wsUrl), format: plainFormat }),
  polling: ({ httpUrl }) => pollingSource({ url: new URL(httpUrl), format: plainFormat, everyMs: 20 }),
}

for (const [name, sourceOf] of Object.entries(SOURCES))
  test(`by ${name}: whatever order they come in, the bars are those of the rows`, options, async (t) => {
    t.diagnostic(`STRATA_TEST_SEED=${SEED}`)
    const chance = random(SEED)
    const messages = badStream(rows, chance)
    await using server = await feedServer({ messages, chance })
    await using database = await testDatabase()
    await using ledger = await openLedger({ url: database.url })
    const ending = new AbortController()
    const started = performance.now()
    const recording = recordFeed(ledger, feedOf(sourceOf(server), ending.signal))
    await untilSame(ledger)
    const seconds = (performance.now() - started) / 1_000
    ending.abort()
    const counts = await recording
    t.diagnostic(
      `${messages.length} messages of ${rows.length} bars in ${seconds.toFixed(1)} s: ${JSON.stringify(counts)}; ${JSON.stringify(server.seen)}`,
    )
    assert.equal(counts.rejected, 0)
    assert.ok(counts.broken > 0 && counts.replayed > 0 && counts.applied > rows.length, JSON.stringify(counts))
    assert.equal(counts.bars, counts.applied + counts.replayed + counts.stale)
  })

test('killed at random moments and started again, it goes on, and comes to the same', options, async (t) => {
  t.diagnostic(`STRATA_TEST_SEED=${SEED}`)
  const chance = random(SEED)
  const messages = badStream(rows, chance)
  await using server = await feedServer({ messages, chance })
  await using database = await testDatabase()
  await using ledger = await openLedger({ url: database.url })
  const args = ['market', 'ws', server.wsUrl, '--symbols', SYMBOLS.join(','), '--overlap', String(OVERLAP_DAYS), '--json']
  const env = { STRATA_DATABASE_URL: database.url }
  for (const part of [0.2, 0.5]) {
    await using child = running(args, env)
    while ((await barsOf(ledger)).length < rows.length * part) await sleep(20)
    child.kill('SIGKILL')
    await child.ended
  }
  await using last = running(args, env)
  await untilSame(ledger)
  last.kill('SIGTERM')
  const { code, stdout } = await last.ended
  assert.equal(code, 0)
  const counts = JSON.parse(stdout) as FeedCounts
  assert.deepEqual([counts.rejected, counts.replayed > 0], [0, true], stdout)
})

test('polled once, to the end, with a key; without it, it is told that it is refused', options, async () => {
  const chance = random(SEED)
  const messages = badStream(rows, chance)
  await using server = await feedServer({ messages, chance, isCalm: true, key: 'k' })
  await using database = await testDatabase()
  await using ledger = await openLedger({ url: database.url })
  const folder = await mkdtemp(join(tmpdir(), 'strata-feed-'))
  after(() => rm(folder, { recursive: true, force: true }))
  const headers = join(folder, 'headers.json')
  await writeFile(headers, '{"X-Key":"k"}')
  const args = ['market', 'poll', server.httpUrl, '--symbols', SYMBOLS.join(','), '--once']
  const env = { STRATA_DATABASE_URL: database.url }
  const ended = await strata([...args, '--headers', headers, '--json'], env)
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal((JSON.parse(ended.stdout) as FeedCounts).bars, messages.length)
  assert.deepEqual(await barsOf(ledger), expected)
  const refused = await strata(args, env)
  assert.deepEqual([refused.code, /the source answers 401/.test(refused.stderr)], [1, true], refused.stderr)
  const source = webSocketSource({ url: new URL(server.wsUrl), format: plainFormat })
  await assert.rejects(recordFeed(ledger, feedOf(source, new AbortController().signal)), SourceRefused)
})

test('what is no bar is told, and the others are taken', options, async () => {
  const messages = ['no json', '{"symbol":"X"}', '{"symbol":"X","interval":"day","start":"2016-01-12","close":1,"volume":1}'].map(
    (text) => ({ text, start: '' }),
  )
  await using server = await feedServer({ messages, chance: random(SEED), isCalm: true })
  await using database = await testDatabase()
  await using ledger = await openLedger({ url: database.url })
  const ending = new AbortController()
  const news: string[] = []
  const source = webSocketSource({ url: new URL(server.wsUrl), format: plainFormat })
  const recording = recordFeed(
    ledger,
    feedOf(source, ending.signal, (sentence) => news.push(sentence)),
  )
  while ((await barsOf(ledger)).length === 0) await sleep(20)
  await sleep(50)
  ending.abort()
  const { applied, rejected } = await recording
  assert.deepEqual([applied, rejected], [1, 2])
  assert.equal(news.filter((sentence) => sentence.startsWith('refused: ')).length, 2, news.join('\n'))
})
