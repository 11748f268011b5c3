// Five years of daily bars of 30 symbols, 35,748 rows with the defects that they came with, into a ledger: every defect that an independent count found is flagged, nothing else is, and whatever way
// the rows take (again, killed, from a folder, in any order), the ledger comes to the same. The data stays where it is: ../shared/data, beside the checkout.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { isTradingDay, tradingDaysBetween } from '../../commands/exchange-calendar.ts'
import type { BarFlag } from '../../ledger/entities/bar.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { random } from '../../test/kill/random.ts'
import { sharedData } from '../../test/shared-data.ts'
import { running } from '../../test/strata.ts'
import { importOhlc } from './ohlc-file.ts'
import type { ImportResult } from './run.ts'
import { tarFiles } from './tar.ts'
import { fileStream } from './text-lines.ts'

const data = sharedData('ohlc')
const archive = data.path('bars.tar.gz')
const options = { skip: data.missing }
const KILLS = Number(process.env['STRATA_TEST_KILLS'] ?? 3)
const SEED = Number(process.env['STRATA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

type Found = readonly (readonly [symbol: string, day: string])[]
interface Reference {
  readonly trading_days: number
  readonly first: string
  readonly last: string
  readonly zero_or_blank_volume: Found
  readonly close_to_close_moves_over_25pct: Found
  readonly present: {
    readonly symbols: readonly string[]
    readonly rows: number
    readonly blank_cells: readonly (readonly [symbol: string, day: string, cells: readonly ('open' | 'high' | 'low')[]])[]
    readonly high_below_low: Found
    readonly open_or_close_outside_range: Found
    readonly interior_gaps: Readonly<Record<string, readonly string[]>>
  }
}
const reference = data.missing ? undefined : data.json<Reference>('reference.json')
const { present, ...all } = reference ?? ({ present: {} } as Reference)

let database: TestDatabase
let ledger: Ledger
/** A folder with the files of a few symbols, for what is done several times. */
let few: string
const FEW = ['AAPL', 'AOS', 'BHF', 'DHR', 'O']
let fewRows = 0

before(async () => {
  if (data.missing) return
  database = await testDatabase()
  ledger = await openLedger({ url: database.url })
  few = await mkdtemp(join(tmpdir(), 'strata-ohlc-'))
  for await (const { name, content } of tarFiles(fileStream(archive).chunks)) {
    if (!FEW.includes(basename(name).split('_')[0] ?? '')) continue
    const text = Buffer.concat(await Array.fromAsync(content)).toString('latin1')
    fewRows += text.trim().split('\n').length - 1
    await writeFile(join(few, basename(name)), text)
  }
})
after(async () => {
  await ledger?.close()
  await database?.drop()
  if (few) await rm(few, { recursive: true, force: true })
})

interface Bar {
  readonly symbol: string
  readonly day: string
  readonly flags: readonly BarFlag[]
  readonly previous: string | null
  readonly missing: number | null
}

const BARS = `
  select instrument as symbol, to_char(start at time zone 'UTC', 'YYYY-MM-DD') as day, flags, right(previous_bar_id, 10) as previous, missing_days as missing
  from ledger.bars order by entity_id`
const barsOf = async ({ database: of }: Ledger): Promise<readonly Bar[]> => (await of.query<Bar>(BARS)).rows

const fewOf = async (of: Ledger) => (await barsOf(of)).filter(({ symbol }) => FEW.includes(symbol))

const flagged = (bars: readonly Bar[], flag: BarFlag): readonly string[] =>
  bars.filter(({ flags }) => flags.includes(flag)).map(({ symbol, day }) => `${symbol} ${day}`)
const places = (found: Found): readonly string[] => found.map(([symbol, day]) => `${symbol} ${day}`).toSorted()
const ofPresent = (found: Found): Found => found.filter(([symbol]) => present.symbols.includes(symbol))

test('every row is a bar', options, async (t) => {
  const started = performance.now()
  const { rows, applied, replayed, rejected } = await importOhlc(ledger, archive)
  assert.deepEqual([rows, applied, replayed, rejected], [present.rows, present.rows, 0, 0])
  t.diagnostic(`${Math.round((rows / (performance.now() - started)) * 1000)} rows/s`)
})

test('each defect that was counted is flagged, and nothing else', options, async () => {
  const bars = await barsOf(ledger)
  assert.deepEqual([bars.length, new Set(bars.map(({ symbol }) => symbol)).size], [present.rows, present.symbols.length])
  const blank = (cell: string) => places(present.blank_cells.filter(([, , cells]) => cells.includes(cell as 'open')) as unknown as Found)
  assert.deepEqual(flagged(bars, 'blank_open'), blank('open'))
  assert.deepEqual(flagged(bars, 'blank_high'), blank('high'))
  assert.deepEqual(flagged(bars, 'blank_low'), blank('low'))
  assert.deepEqual(flagged(bars, 'high_below_low'), places(present.high_below_low))
  assert.deepEqual(
    [...flagged(bars, 'open_outside'), ...flagged(bars, 'close_outside')].toSorted(),
    places(present.open_or_close_outside_range),
  )
  // Of the 30 symbols, the reference counts volumes of zero where there are prices: none. Those of blank bars are in the list of all symbols.
  assert.deepEqual(flagged(bars, 'zero_volume'), places(ofPresent(all.zero_or_blank_volume)))
  assert.deepEqual(flagged(bars, 'spike'), places(ofPresent(all.close_to_close_moves_over_25pct)))
  assert.deepEqual(flagged(bars, 'closed_day'), [])
  assert.deepEqual(flagged(bars, 'ask_below_bid'), [])
})

test('the days that are missing are those, and each gap says how many', options, async () => {
  const gaps = (await barsOf(ledger)).filter(({ flags }) => flags.includes('gap'))
  const missing = gaps.map(({ symbol, day, previous }) => [symbol, tradingDaysBetween('XNYS', previous ?? '', day)] as const)
  assert.deepEqual(
    gaps.map(({ missing: count }) => count),
    missing.map(([, days]) => days.length),
  )
  assert.deepEqual(
    Object.fromEntries(
      [...Map.groupBy(missing, ([symbol]) => symbol)].map(([symbol, found]) => [symbol, found.flatMap(([, days]) => days)]),
    ),
    present.interior_gaps,
  )
})

test('the calendar has the days on which anything was traded, and no other', options, async () => {
  const traded = [...new Set((await barsOf(ledger)).map(({ day }) => day))].toSorted()
  assert.equal(traded.length, all.trading_days)
  const middle = '2016-01-01' // a gap is counted up to MAX_MISSING_DAYS
  const days = [...tradingDaysBetween('XNYS', all.first, middle), ...tradingDaysBetween('XNYS', middle, all.last)]
  assert.deepEqual([isTradingDay('XNYS', all.first), isTradingDay('XNYS', all.last)], [true, true])
  assert.deepEqual([all.first, ...days, all.last], traded)
})

/** Of all that is in the ledger, in the order of the feeds, but for when it was recorded. */
async function hashOf({ database: of }: Ledger): Promise<string> {
  const { rows } = await of.query<{ hash: string }>(
    `select md5(string_agg(md5((to_jsonb(v) - 'recorded_at')::text), '' order by v.partition, v.position)) as hash from ledger.versions v`,
  )
  return rows[0]?.hash ?? ''
}

test('run again, it changes nothing', options, async (t) => {
  const hash = await hashOf(ledger)
  const started = performance.now()
  const { rows, replayed, flags } = await importOhlc(ledger, archive)
  assert.deepEqual([rows, replayed, flags], [present.rows, present.rows, {}])
  t.diagnostic(`${Math.round((rows / (performance.now() - started)) * 1000)} rows/s`)
  assert.equal(await hashOf(ledger), hash)
})

test('killed at random moments and run again, it ends with the same ledger', options, async (t) => {
  t.diagnostic(`STRATA_TEST_SEED=${SEED}`)
  const chance = random(SEED)
  await using other = await testDatabase()
  await using observer = await openLedger({ url: other.url })
  const versions = async (): Promise<number> =>
    (await observer.database.query<{ n: number }>('select count(*) as n from ledger.versions')).rows[0]?.n ?? 0
  const importing = () => running(['import', 'ohlc', few, '--json'], { STRATA_DATABASE_URL: other.url })

  const moments = Array.from({ length: KILLS }, () => Math.floor(chance() * fewRows * 0.6)).sort((a, b) => a - b)
  let killed = 0
  for (const moment of moments) {
    await using child = importing()
    while ((await versions()) <= moment) await sleep(20)
    await sleep(chance() * 50)
    child.kill('SIGKILL')
    // A fast one may be through before it is hit.
    if ((await child.ended).code === 'SIGKILL') killed++
  }
  assert.ok(killed > 0, 'none was killed')
  await using last = importing()
  const { code, stdout } = await last.ended
  assert.equal(code, 0)
  const { applied, replayed, rejected } = JSON.parse(stdout) as Readonly<Record<string, number>>
  t.diagnostic(`killed at ${moments.join(', ')}; the last run applied ${applied} rows and found ${replayed}`)
  assert.deepEqual([(applied ?? 0) + (replayed ?? 0), rejected], [fewRows, 0])
  await using once = await testDatabase()
  await using whole = await openLedger({ url: once.url })
  await importOhlc(whole, few)
  assert.equal(await hashOf(observer), await hashOf(whole))
})

test('with its connections cut again and again, it goes on, and comes to the same', options, async () => {
  await using other = await testDatabase()
  await using observer = await openLedger({ url: other.url })
  const importing = importOhlc(observer, few)
  let over = false
  void importing.finally(() => (over = true))
  let cuts = 0
  const admin = new pg.Client(other.adminUrl)
  await admin.connect()
  for (; !over; cuts++) {
    await admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    await sleep(200)
  }
  await admin.end()
  assert.deepEqual(withoutTexts(await importing), { rows: fewRows, rejected: 0, stopped: undefined })
  assert.ok(cuts > 2)
  assert.deepEqual(await barsOf(observer), await fewOf(ledger))
})
const withoutTexts = ({ rows, rejected, stopped }: ImportResult) => ({ rows, rejected, stopped })

test('from a folder, its rows in any order, it comes to the same bars', options, async (t) => {
  t.diagnostic(`STRATA_TEST_SEED=${SEED}`)
  const chance = random(SEED)
  const folder = await mkdtemp(join(tmpdir(), 'strata-ohlc-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const name of await readdir(few)) {
    const [header = '', ...rows] = (await readFile(join(few, name), 'latin1')).trim().split('\n')
    const shuffled = rows.map((row) => ({ row, at: chance() })).toSorted((a, b) => a.at - b.at)
    await writeFile(join(folder, name), [header, ...shuffled.map(({ row }) => row)].join('\n'))
  }
  await writeFile(join(folder, 'notes.txt'), await readFile(import.meta.filename))
  await using other = await testDatabase()
  await using second = await openLedger({ url: other.url })
  const { rejected } = await importOhlc(second, folder)
  assert.equal(rejected, 0)
  assert.deepEqual(await barsOf(second), await fewOf(ledger))
})

test('a later file with a corrected row corrects that bar, judges the next one again, and touches no other', options, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'strata-ohlc-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'ACME.csv')
  const row = (day: string, close: string) => `${day},${close},${close},${close},${close},100`
  const write = (...rows: readonly string[]) => writeFile(file, ['Date,Open,High,Low,Close,Volume', ...rows].join('\n'))
  await using other = await testDatabase()
  await using own = await openLedger({ url: other.url })
  const versions = async () =>
    (
      await own.database.query<{ v: string }>(
        `select concat_ws(' ', right(entity_id, 10), version, state ->> 'close', state ->> 'flags') as v from ledger.versions order by position`,
      )
    ).rows.map(({ v }) => v)

  const first = [row('2016-01-11', '10'), row('2016-01-12', '20'), row('2016-01-13', '20')]
  await write(...first)
  await importOhlc(own, file)
  const before = await versions()
  assert.deepEqual(before, ['2016-01-11 1 10 []', '2016-01-12 1 20 ["spike"]', '2016-01-13 1 20 []'])
  await write(row('2016-01-11', '19'), ...first.slice(1))
  const { applied, replayed } = await importOhlc(own, file)
  assert.deepEqual([applied, replayed], [1, 2])
  assert.deepEqual(await versions(), [...before, '2016-01-11 2 19 []', '2016-01-12 2 20 []'])
  await write(...first)
  assert.equal((await importOhlc(own, file)).replayed, 3, 'the first file again does not undo it')
  assert.equal((await versions()).length, 5)
})
