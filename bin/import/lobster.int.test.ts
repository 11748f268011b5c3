// A day's first hour of AAPL, 91,997 messages, into a ledger: every order against an independent count, the quotes that the exchange recorded against the trades as of their instants, and
// imports that were run twice or killed against one that was not. The data stays where it is: ../shared/data, beside the checkout.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { VersionRecord } from '../../ledger/record.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { importLobster } from './lobster-file.ts'
import { newYorkDay } from './new-york.ts'
import { textLines } from './text-lines.ts'

const root = join(import.meta.dirname, '..', '..')
const data = join(root, '..', 'shared', 'data', 'lobster-aapl')
const messages = join(data, 'message.csv.gz')
const missing = existsSync(messages) ? false : `NOT TESTED: there is no ${data}; the import of real market data is checked only beside it`
if (missing && process.env['CI']) throw new Error(missing)
if (missing) console.error(missing)

const OPTIONS = { instrument: 'AAPL', date: '2012-06-21' }
const ROWS = 91_997
/** 500 and more take some minutes. */
const INSTANTS = Number(process.env['STRATA_TEST_INSTANTS'] ?? 20)
const KILLS = Number(process.env['STRATA_TEST_KILLS'] ?? 3)
const SEED = Number(process.env['STRATA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Mulberry32: the same numbers for the same seed, from 0 to below 1. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

async function linesOf(file: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const { bytes } of textLines(file)) lines.push(bytes?.toString('latin1') ?? '')
  return lines
}

/** Of all that is in the ledger, in the order of the feeds; of all but the recorded times where two ledgers are compared. */
async function hashOf(ledger: Ledger, row = 'to_jsonb(v)'): Promise<string> {
  const { rows } = await ledger.database.query<{ hash: string }>(
    `select md5(string_agg(md5((${row})::text), '' order by v.partition, v.position)) as hash from ledger.versions v`,
  )
  return rows[0]?.hash ?? ''
}
const WITHOUT_TIMES = "to_jsonb(v) - 'recorded_at'"

let database: TestDatabase
let ledger: Ledger
before(async () => {
  if (missing) return
  database = await testDatabase()
  ledger = await openLedger({ url: database.url })
})
after(async () => {
  await ledger?.close()
  await database?.drop()
})
const options = { skip: missing }

test('every row is applied', options, async (t) => {
  const started = performance.now()
  assert.deepEqual(await importLobster(ledger, messages, OPTIONS), { rows: ROWS, applied: ROWS, replayed: 0, rejected: 0, rejects: [] })
  t.diagnostic(`${Math.round((ROWS / (performance.now() - started)) * 1000)} rows/s`)
})

interface Counted {
  versions: number
  executed: number
  partialCancelled: number
  deleted: number
  readonly submitted: number
  remaining: number
  status: string
  readonly price: string
  readonly direction: number
}

/** What became of every trade, counted from its versions. */
async function count(): Promise<ReadonlyMap<string, Counted>> {
  const { rows } = await ledger.database.query<{ id: string; event: string; data: Record<string, string>; state: Record<string, string> }>(
    "select split_part(entity_id, ':', 3) as id, event, data, state from ledger.versions where kind = 'trade' order by entity_id, version",
  )
  const trades = new Map<string, Counted>()
  for (const { id, event, data: changed, state } of rows) {
    const before = trades.get(id)
    const trade: Counted = before ?? {
      versions: 0,
      executed: 0,
      partialCancelled: 0,
      deleted: 0,
      submitted: Number(state['quantity']),
      remaining: 0,
      status: '',
      price: state['price'] ?? '',
      direction: state['side'] === 'buy' ? 1 : -1,
    }
    trade.versions++
    if (event === 'ExecutionRecorded') trade.executed += Number(changed['quantity'])
    else if (event === 'TradeReduced') trade.partialCancelled += Number(changed['quantity'])
    else if (event === 'TradeCancelled' && changed['reducedBy'] !== undefined) trade.partialCancelled += Number(changed['reducedBy'])
    else if (event === 'TradeCancelled') trade.deleted += trade.remaining
    trade.remaining = Number(state['remainingQuantity'])
    trade.status = state['status'] ?? ''
    trades.set(id, trade)
  }
  return trades
}

const sum = (numbers: Iterable<number>): number => Iterator.from(numbers).reduce((total, one) => total + one, 0)

test('every order is as it was counted, and so are all of them', options, async () => {
  const trades = await count()
  const [header, ...reference] = await linesOf(join(data, 'orders_reference.csv.gz'))
  assert.equal(header, 'orderId,versions,submitted,executed,partialCancelled,deleted,remaining,price,direction,seenBeforeSubmission')
  assert.equal(reference.length, 44_336)
  let openedBefore = 0
  for (const line of reference) {
    const [id = '', versions, submitted, executed, partialCancelled, deleted, remaining, price, direction, seenBefore] = line.split(',')
    const before = Number(seenBefore)
    openedBefore += before
    const { status, ...trade } = trades.get(id) ?? assert.fail(`there is no ${id}`)
    const expected = {
      versions: Number(versions) + before,
      executed: Number(executed),
      partialCancelled: Number(partialCancelled),
      deleted: Number(deleted),
      submitted: before ? Number(executed) + Number(partialCancelled) + Number(deleted) : Number(submitted),
      remaining: Number(remaining),
      price: String(Number(price) / 10_000),
      direction: Number(direction),
    }
    assert.deepEqual(trade, expected, id)
    assert.equal(status === 'open' || status === 'partial', expected.remaining > 0, id)
  }
  assert.equal(openedBefore, 80)

  const hidden = [...trades].filter(([id]) => id.startsWith('hidden-')).map(([, trade]) => trade)
  const visible = [...trades].filter(([id]) => !id.startsWith('hidden-')).map(([, trade]) => trade)
  const live = visible.filter(({ status }) => status === 'open' || status === 'partial')
  assert.deepEqual(
    {
      orders: visible.length,
      hidden: hidden.length,
      visibleShares: sum(visible.map(({ executed }) => executed)),
      hiddenShares: sum(hidden.map(({ executed }) => executed)),
      live: live.length,
      liveShares: sum(live.map(({ remaining }) => remaining)),
      mostVersions: trades.get('73346928')?.versions,
    },
    { orders: 44_336, hidden: 2_201, visibleShares: 350_494, hiddenShares: 183_135, live: 380, liveShares: 88_574, mostVersions: 26 },
  )
  assert.ok(hidden.every(({ versions, status, remaining }) => versions === 2 && status === 'filled' && remaining === 0))
})

/** Ask price, ask size, bid price, bid size at the best level, prices x 10000, of the trades that were live at an instant. */
async function bestAt(effectiveAsOf: string): Promise<string> {
  const lists = await Promise.all(
    ['open', 'partial'].map((status) =>
      ledger.list.asOf({ kind: 'trade', owner: 'market', filters: { status }, effectiveAsOf, limit: 1_000 }),
    ),
  )
  assert.ok(lists.every(({ hasMore }) => !hasMore))
  const records = lists.flatMap(({ items }) => items)
  const best = (side: string, better: (...prices: readonly number[]) => number): readonly number[] => {
    const orders = records.filter(({ state }) => state['side'] === side)
    const price = better(...orders.map(priceOf))
    return [price, sum(orders.filter((order) => priceOf(order) === price).map(({ state }) => Number(state['remainingQuantity'])))]
  }
  return [...best('sell', Math.min), ...best('buy', Math.max)].join(',')
}
const priceOf = ({ state }: VersionRecord): number => Math.round(Number(state['price']) * 10_000)

test('best bid and ask, rebuilt from the trades as of an instant, are those that the exchange recorded', options, async (t) => {
  const clock = newYorkDay(OPTIONS.date) ?? assert.fail()
  const at = (await linesOf(messages)).map((line) => clock(line.slice(0, line.indexOf(','))) ?? assert.fail(line))
  const quotes = await linesOf(join(data, 'orderbook_best.csv.gz'))
  const lastOfItsInstant = at.map((_, n) => n).filter((n) => n >= ROWS - 25_462 && at[n] !== at[n + 1])
  const chosen = Array.from(
    { length: INSTANTS },
    (_, n) => lastOfItsInstant[Math.floor(((n + 0.5) * lastOfItsInstant.length) / INSTANTS)] ?? 0,
  )
  const started = performance.now()
  for (const n of chosen) assert.equal(await bestAt(at[n] ?? ''), quotes[n], `line ${n + 1}, ${at[n]}`)
  t.diagnostic(
    `${chosen.length} of ${lastOfItsInstant.length} instants, ${Math.round((performance.now() - started) / chosen.length / 2)} ms a list`,
  )
})

test('run again, it changes nothing', options, async (t) => {
  const hash = await hashOf(ledger)
  const started = performance.now()
  assert.deepEqual(await importLobster(ledger, messages, OPTIONS), { rows: ROWS, applied: 0, replayed: ROWS, rejected: 0, rejects: [] })
  t.diagnostic(`${Math.round((ROWS / (performance.now() - started)) * 1000)} rows/s`)
  assert.equal(await hashOf(ledger), hash)
})

test('killed at random moments and run again, it ends with the same ledger', options, async (t) => {
  t.diagnostic(`STRATA_TEST_SEED=${SEED}`)
  const chance = random(SEED)
  await using other = await testDatabase()
  await using observer = await openLedger({ url: other.url })
  const versions = async (): Promise<number> =>
    (await observer.database.query<{ n: number }>('select coalesce(max(position), 0) as n from ledger.versions')).rows[0]?.n ?? 0

  const total = ROWS + 80 + 2_201
  const moments = Array.from({ length: KILLS }, () => Math.floor(chance() * total * 0.9)).sort((a, b) => a - b)
  for (const moment of moments) {
    const { child, ended } = runImport(other.url)
    while ((await versions()) <= moment && child.exitCode === null) await sleep(20)
    await sleep(chance() * 50)
    child.kill('SIGKILL')
    assert.equal((await ended).signal, 'SIGKILL')
  }
  const { code, output } = await runImport(other.url).ended
  assert.equal(code, 0)
  const { applied, replayed, ...rest } = JSON.parse(output) as { applied: number; replayed: number }
  t.diagnostic(`killed at ${moments.join(', ')} of ${total} versions; the last run applied ${applied} rows and found ${replayed}`)
  assert.equal(applied + replayed, ROWS)
  assert.deepEqual(rest, { rows: ROWS, rejected: 0, rejects: [] })
  assert.equal(await hashOf(observer, WITHOUT_TIMES), await hashOf(ledger, WITHOUT_TIMES))
})

/** `strata import lobster`, in a process of its own. */
function runImport(url: string) {
  const args = ['import', 'lobster', messages, '--instrument', OPTIONS.instrument, '--date', OPTIONS.date, '--json']
  const child = spawn(process.execPath, [join(root, 'bin', 'strata.ts'), ...args], {
    env: { PATH: process.env['PATH'], STRATA_DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null, output }))
  return { child, ended }
}
