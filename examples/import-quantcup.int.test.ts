// An order feed into a ledger: the published cases, what was traded and what is live at the end, the cancels that change nothing at the first run and at the second, and a run that was killed.
// By default the feed's first rows; STRATA_TEST_LONG=1: all of it, against the reference.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { countVersions, killExample, ledgerHash, runExample, type Example, type Imported } from '../test/example.ts'
import { quantcup as data, quantcupPart, type QuantcupReference as Reference, type QuantcupRow as Row } from '../test/real/quantcup.ts'

const options = { skip: data.missing }
const LONG = process.env['STRATA_TEST_LONG'] === '1'
const PART_ROWS = LONG ? Infinity : 5_000

let folder: string
let database: TestDatabase
let ledger: Ledger
let rows: readonly Row[]
let first: Imported

const feed = (file: string, url: string, ...args: readonly string[]): Example => ({
  name: 'import-quantcup',
  args: [join(folder, file), ...args],
  env: { STRATA_DATABASE_URL: url },
})
const save = (file: string, some: readonly Row[]): Promise<void> => writeFile(join(folder, file), JSON.stringify({ rows: some }))

before(async () => {
  if (data.missing) return
  folder = await mkdtemp(join(tmpdir(), 'strata-quantcup-'))
  rows = (await quantcupPart(folder, PART_ROWS)).rows
  database = await testDatabase()
  ledger = await openLedger({ url: database.url })
})
after(async () => {
  await ledger?.close()
  await database?.drop()
  if (folder) await rm(folder, { recursive: true })
})

test('every order is applied; cancels of orders that are gone or not yet there are refused, one by one', options, async (t) => {
  const started = performance.now()
  first = await runExample(feed('feed.json', database.url))
  t.diagnostic(`${first.applied} rows applied, ${first.rejected} refused in ${Math.round(performance.now() - started)} ms`)
  assert.equal(first.applied + first.rejected, rows.length)
  for (const { line, reason } of first.rejects) {
    assert.equal(rows[line - 1]?.[3], 0, `line ${line} is no cancel: ${reason}`)
    assert.match(reason, /^(not_found|trade_not_open): /)
  }
  if (LONG) assert.equal(first.rejected, data.json<Reference>('reference.json').cancels_of_unknown_or_already_gone_orders)
})

interface Trade {
  readonly number: number
  readonly trader: string
  readonly side: 'buy' | 'sell'
  readonly price: number
  readonly status: string
  readonly remaining: number
  readonly executions: readonly { readonly executionId: string; readonly quantity: string; readonly price: string }[]
}

const TRADES = `
  select split_part(entity_id, ':', 3)::integer as number, split_part(entity_id, ':', 2) as trader, state ->> 'side' as side, (state ->> 'price')::integer as price,
    state ->> 'status' as status, (state ->> 'remainingQuantity')::integer as remaining, state -> 'executions' as executions
  from ledger.versions where latest and kind = 'trade' order by 1`
const trades = async (from: Ledger): Promise<readonly Trade[]> => (await from.database.query<Trade>(TRADES)).rows

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

/** What there is to compare, counted from the trades. */
function counted(all: readonly Trade[]) {
  const isLive = ({ status }: Trade): boolean => status === 'open' || status === 'partial'
  const live = all.filter(isLive)
  const incoming = all.flatMap(({ number, executions }) =>
    executions
      .filter(({ executionId }) => executionId.startsWith(`${number}-`))
      .map(({ executionId, price, quantity }) => ({
        resting: Number(executionId.slice(executionId.indexOf('-') + 1)),
        number,
        price: Number(price),
        size: Number(quantity),
      })),
  )
  const positions: Record<string, number> = {}
  for (const { trader, side, executions } of all)
    positions[trader] = (positions[trader] ?? 0) + (side === 'buy' ? 1 : -1) * total(executions.map(({ quantity }) => Number(quantity)))
  return {
    limit_orders: all.length,
    trades: incoming.length,
    traded_size: total(incoming.map(({ size }) => size)),
    notional_price_ticks: total(incoming.map(({ price, size }) => price * size)),
    live_orders_at_end: live.length,
    live_size_at_end: total(live.map(({ remaining }) => remaining)),
    best_bid: Math.max(...live.filter(({ side }) => side === 'buy').map(({ price }) => price)),
    best_ask: Math.min(...live.filter(({ side }) => side === 'sell').map(({ price }) => price)),
    net_position_by_trader: positions,
    trades_sha256: hash('sha256', incoming.map(({ number, resting, price, size }) => `${number},${resting},${price},${size}\n`).join('')),
    live_sha256: hash(
      'sha256',
      live.map(({ number, side, price, remaining }) => `${number},${side === 'buy' ? 0 : 1},${price},${remaining}\n`).join(''),
    ),
  } satisfies Partial<Reference>
}

test('what was traded and what is live at the end', options, async (t) => {
  const ours = counted(await trades(ledger))
  t.diagnostic(JSON.stringify(ours))
  assert.equal(ours.limit_orders, rows.filter(([, , , price]) => price !== 0).length)
  assert.equal(total(Object.values(ours.net_position_by_trader)), 0)
  assert.ok(ours.best_bid < ours.best_ask)
  if (!LONG) return
  const reference = data.json<Reference & Record<string, unknown>>('reference.json')
  const { trades_sha256: traded, live_sha256: live, ...figures } = ours
  assert.deepEqual(figures, Object.fromEntries(Object.keys(figures).map((name) => [name, reference[name]])))
  assert.ok(reference.trades_sha256.endsWith(` = ${traded}`))
  assert.ok(reference.live_sha256.endsWith(` = ${live}`))
})

test('run again, it changes nothing, and the same cancels are refused', options, async () => {
  const before = await ledgerHash(ledger)
  const second = await runExample(feed('feed.json', database.url))
  assert.deepEqual(
    { ...second, rejects: [] },
    { rows: rows.length, applied: 0, replayed: first.applied, rejected: first.rejected, rejects: [] },
  )
  assert.deepEqual(
    second.rejects.map(({ line }) => line),
    first.rejects.map(({ line }) => line),
  )
  assert.equal(await ledgerHash(ledger), before)
})

test('killed and run again, it ends with the same ledger', options, async () => {
  await using other = await testDatabase()
  await using observer = await openLedger({ url: other.url })
  const times = ['recorded_at', 'effective_at']
  await killExample(feed('feed.json', other.url), observer, (await countVersions(ledger)) * (0.1 + 0.7 * Math.random()))
  assert.equal((await runExample(feed('feed.json', other.url))).rejected, first.rejected)
  assert.equal(await ledgerHash(observer, times), await ledgerHash(ledger, times))
})

interface Case {
  readonly n: number
  readonly orders1: readonly Row[]
  readonly cancels: readonly number[]
  readonly orders2: readonly Row[]
  readonly expect: readonly Row[]
}

test('the published cases come to the published executions', options, async () => {
  await using other = await testDatabase()
  await using reader = await openLedger({ url: other.url })
  for (const { n, orders1, cancels, orders2, expect } of data.json<readonly Case[]>('cases.json')) {
    const [symbol, trader] = orders1[0] ?? assert.fail()
    await save('case.json', [...orders1, ...cancels.map((number): Row => [symbol, trader, 0, 0, number]), ...orders2])
    const prefix = `case${n}.`
    await runExample(feed('case.json', other.url, '--owner-prefix', prefix))
    const executed = (await trades(reader))
      .filter(({ trader: owner }) => owner.startsWith(prefix))
      .flatMap(({ trader: owner, side, executions }) =>
        executions.map(({ price, quantity }): Row => [
          symbol,
          owner.slice(prefix.length),
          side === 'buy' ? 0 : 1,
          Number(price),
          Number(quantity),
        ]),
      )
    assert.deepEqual(executed.map(String).sort(), expect.map(String).sort(), `case ${n}`)
  }
})
