// Promises: bars of real symbols through the projector: the same documents in PostgreSQL, in MongoDB and in memory, each bar as its row says, and the market as the rows come to; and so after a
// correction inside the window.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { Big } from 'big.js'
import { importOhlc } from '../../bin/import/ohlc-file.ts'
import { tarFiles } from '../../bin/import/tar.ts'
import { fileStream } from '../../bin/import/text-lines.ts'
import { canonicalDecimal } from '../../ledger/decimal.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { market } from '../../projections/views/market.ts'
import { sharedMongo } from '../services/shared.ts'
import { sharedData } from '../shared-data.ts'
import { counted, followed, type Documents, type Followed } from './followed.ts'

const data = sharedData('ohlc')
const mongo = await sharedMongo()
const options = { skip: data.missing || mongo.skip, timeout: 240_000 }
const SYMBOLS = ['AAPL', 'DHR', 'AOS', 'BHF']

let way: Followed
let documents: Documents
/** By symbol: the fields of each row, oldest first. */
const rows = new Map<string, string[][]>()
before(async () => {
  if (options.skip) return
  way = await followed(mongo.address)
  for await (const { name, content } of tarFiles(fileStream(data.path('bars.tar.gz')).chunks)) {
    const [symbol = ''] = basename(name).split('_')
    if (!SYMBOLS.includes(symbol)) continue
    const text = Buffer.concat(await Array.fromAsync(content)).toString('latin1')
    rows.set(
      symbol,
      text
        .trim()
        .split('\n')
        .slice(1)
        .map((row) => row.split(',')),
    )
    await writeFile(join(way.folder, basename(name)), text)
  }
})
after(() => way?.[Symbol.asyncDispose]())

test('every document of every view is the same in PostgreSQL, in MongoDB and in memory', options, async (t) => {
  const started = performance.now()
  const { rows: read, rejected } = await importOhlc(way.ledger, way.folder)
  assert.equal(rejected, 0)
  await way.drained()
  documents = await way.same()
  t.diagnostic(`${read} rows in ${Math.round(performance.now() - started)} ms: ${counted(documents)}`)
})

test('bars are what their rows say', options, () => {
  const expected = [...rows].flatMap(([symbol, own]) => own.map(([day, ...prices]) => [symbol, day, ...prices.slice(0, 5).map(decimal)]))
  const found = (documents.get('bars') ?? []).map(({ owner, start, open, high, low, close, volume }) => [
    owner as string,
    (start as string).slice(0, 10),
    ...[open, high, low, close, volume].map((one) => one as string | undefined),
  ])
  assert.ok(found.length > 3_500)
  assert.deepEqual(found.map(String).toSorted(), expected.map(String).toSorted())
})
const decimal = (text: string): string | undefined => (text === '' ? undefined : canonicalDecimal(text))

const shown = (symbol: string): JsonObject =>
  market.show((documents.get('market') ?? []).find(({ owner }) => owner === symbol) ?? assert.fail())

/** Of the last closes. */
function averages(symbol: string): readonly string[] {
  const closes = (rows.get(symbol) ?? []).map((fields) => fields[4] ?? '')
  const exact = Big()
  exact.DP = 18
  exact.RM = 2
  return [5, 20, 50].map((count) =>
    closes
      .slice(-count)
      .reduce((sum, close) => sum.plus(close), new exact(0))
      .div(count)
      .toFixed(),
  )
}

function assertMarket(symbol: string): void {
  const own = rows.get(symbol) ?? []
  const [last = [], previous = []] = [own.at(-1), own.at(-2)]
  const found = shown(symbol)
  assert.deepEqual(
    [found['lastPrice'], found['previousClose'], found['dayHigh'], found['dayLow'], found['bars']],
    [decimal(last[4] ?? ''), decimal(previous[4] ?? ''), decimal(last[2] ?? ''), decimal(last[3] ?? ''), own.length],
  )
  assert.deepEqual([found['movingAverage5'], found['movingAverage20'], found['movingAverage50']], averages(symbol))
}

test('the market is what the rows come to', options, () => {
  for (const symbol of SYMBOLS) assertMarket(symbol)
  assert.deepEqual(shown('AOS')['flags'], { high_below_low: 1 })
  assert.deepEqual(shown('BHF')['flags'], { blank_high: 1, blank_low: 1, blank_open: 1 })
})

test('and so after a correction inside the window', options, async () => {
  const corrected = rows.get('AAPL')?.at(-7) ?? []
  corrected[4] = String(Number(corrected[4]) - 0.25)
  await writeFile(join(way.folder, 'AAPL_data.csv'), ['date,open,high,low,close,volume,Name', corrected.join(',')].join('\n'))
  const { applied } = await importOhlc(way.ledger, join(way.folder, 'AAPL_data.csv'))
  assert.equal(applied, 1)
  await way.drained()
  documents = await way.same()
  assertMarket('AAPL')
})
