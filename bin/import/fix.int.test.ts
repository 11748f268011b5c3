// A broker's log, 330 messages about 40 orders, into a ledger: every order against an independent count, the one order whose broker contradicts itself, and imports that were run twice, killed, or
// began with a part of the log. The data stays where it is: ../shared/data, beside the checkout.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { countVersions, ledgerHash } from '../../test/example.ts'
import { sharedData } from '../../test/shared-data.ts'
import { running, strata } from '../../test/strata.ts'
import { importFix } from './fix-file.ts'

const data = sharedData('fix-ireach')
const options = { skip: data.missing }
const log = data.path('ireach.log')
const MESSAGES = 330

interface Reference {
  readonly orders: number
  readonly orders_cum_ok: number
  readonly total_filled_qty: string
  readonly per_order: readonly {
    readonly order_id: string
    readonly clordids: readonly string[]
    readonly symbol: string
    readonly side: string
    readonly exec_types: readonly string[]
    readonly filled_qty: string
    readonly order_qty: string
    readonly cum_qty: string
    readonly price?: string
    readonly avgpx_from_fills: string | null
    readonly final_status: string
    readonly cum_equals_sum_of_fills: boolean
  }[]
}

interface Trade {
  readonly id: string
  readonly events: readonly string[]
  readonly reason: string | null
  readonly state: Readonly<Record<string, string>>
}

const TRADES = `
  select entity_id as id, array_agg(event order by version) as events, max(data ->> 'reason') filter (where event = 'TradeCancelled') as reason,
    (array_agg(state order by version desc))[1] as state
  from ledger.versions group by entity_id`

const BREAK = {
  entityId: 'trade:IREACH:IREACH_t190_ACFP.o3kt3.1~23a1',
  orderId: 'UUKO200303000000',
  line: 82,
  executedQuantity: '700',
  cumQty: '200',
}

let folder: string
let database: TestDatabase
let ledger: Ledger
before(async () => {
  if (data.missing) return
  folder = await mkdtemp(join(tmpdir(), 'strata-fix-'))
  database = await testDatabase()
  ledger = await openLedger({ url: database.url })
})
after(async () => {
  await ledger?.close()
  await database?.drop()
  if (folder) await rm(folder, { recursive: true })
})

test('every message is applied, or changes nothing; the break is reported', options, async () => {
  assert.deepEqual(await importFix(ledger, log), {
    rows: MESSAGES,
    applied: 128,
    replayed: MESSAGES - 128,
    rejected: 0,
    rejects: [],
    breaks: [BREAK],
  })
})

test('every order is as it was counted: filled as the broker recorded it in 39 of 40', options, async () => {
  const reference = data.json<Reference>('reference.json')
  const { rows } = await ledger.database.query<Trade>(TRADES)
  const trades = new Map(rows.map((trade) => [trade.state['contractId'], trade]))
  assert.equal(rows.length, reference.orders)
  let asRecorded = 0
  let filled = 0
  for (const order of reference.per_order) {
    const { id, state, events, reason } = trades.get(order.order_id) ?? assert.fail(`there is no ${order.order_id}`)
    assert.equal(id, `trade:IREACH:${(order.clordids[0] ?? '').replaceAll('#', '~23').replaceAll(' ', '~20')}`)
    assert.equal(state['clientReference'], order.clordids[0])
    assert.equal(state['instrument'], order.symbol)
    assert.equal(state['side'], order.side === '1' ? 'buy' : 'sell')
    assert.equal(state['quantity'], order.order_qty, id)
    if (order.price !== undefined) assert.equal(Number(state['price']), Number(order.price), id)
    assert.equal(state['executedQuantity'], order.filled_qty, id)
    const average = order.avgpx_from_fills
    if (average !== null) assert.ok(Math.abs(Number(state['averagePrice']) - Number(average)) < 1e-9, id)
    assert.equal(state['executedQuantity'] === order.cum_qty, order.cum_equals_sum_of_fills, id)
    if (state['executedQuantity'] === order.cum_qty) asRecorded++
    filled += Number(state['executedQuantity'])
    const ENDS: Readonly<Record<string, string>> = { '3': 'done for day', '4': 'cancelled', '8': 'rejected' }
    const end = ENDS[order.final_status]
    assert.equal(state['status'], end ? 'cancelled' : order.final_status === '2' ? 'filled' : 'open', id)
    assert.equal(events.includes('TradeCancelled'), end !== undefined, id)
    if (end) assert.ok(reason === end || reason?.startsWith(`${end}: `), `${id}: ${reason}`)
  }
  assert.equal(asRecorded, reference.orders_cum_ok)
  assert.equal(filled, Number(reference.total_filled_qty))
  const busted = trades.get('UUKO20030300001w')
  assert.deepEqual(
    busted?.events.filter((event) => event.startsWith('Execution')),
    ['ExecutionRecorded', 'ExecutionBusted'],
  )
  const rejected = trades.get('REJ_IREACH_t216_AIB PS.o3kt3.2i#a1')
  assert.equal(rejected?.reason, 'rejected: [HCC-CCC105] Failed to resolve instrument')
})

test('versions hold from the time that the message says, in UTC', options, async () => {
  const at = async (id: string): Promise<readonly string[]> => (await ledger.read.history(id, 0, 10)).map(({ effectiveAt }) => effectiveAt)
  assert.deepEqual(await at('trade:IREACH:IREACH_t182_LLOYLN.nx83e.j~23a1'), [
    '2020-03-02T11:14:36.000000Z',
    '2020-03-02T11:14:36.490000Z',
    '2020-03-02T11:14:36.490000Z',
  ])
  assert.equal((await at('trade:IREACH:IREACH_t218_VOD~20LN.o3kt3.2l~23a1'))[0], '2020-03-04T12:38:05.523695Z')
})

test('run again, by the command, it changes nothing, and tells the break again', options, async () => {
  const hash = await ledgerHash(ledger)
  const { code, stdout, stderr } = await strata(['import', 'fix', log, '--json'], { STRATA_DATABASE_URL: database.url })
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(stdout), { rows: MESSAGES, applied: 0, replayed: MESSAGES, rejected: 0, rejects: [], breaks: [BREAK] })
  assert.match(
    stderr,
    /^break: 700 of trade:IREACH:IREACH_t190_ACFP.o3kt3.1~23a1 \(UUKO200303000000\) are executed, and line 82 says 200$/m,
  )
  assert.equal(await ledgerHash(ledger), hash)
})

test('a log that is still being written is imported as far as it goes, and the rest when it is there', options, async () => {
  const bytes = await readFile(log)
  const expected = await ledgerHash(ledger, ['recorded_at'])
  const ends = [1, 2, 3].map((cut) => (bytes.indexOf('\n', bytes.length * 0.3) - cut) / bytes.length) // within the last field
  for (const share of [...ends, 0.5, Math.random()]) {
    await using other = await testDatabase()
    await using second = await openLedger({ url: other.url })
    const part = join(folder, 'part.log')
    await writeFile(part, bytes.subarray(0, Math.floor(bytes.length * share)))
    const { rejects } = await importFix(second, part)
    assert.ok(rejects.length <= 1, JSON.stringify(rejects))
    const { rejected, applied, replayed } = await importFix(second, log)
    assert.deepEqual([rejected, applied + replayed], [0, MESSAGES])
    assert.equal(await ledgerHash(second, ['recorded_at']), expected, `cut at ${share}`)
  }
})

test('killed and run again, it ends with the same ledger', options, async () => {
  await using other = await testDatabase()
  await using observer = await openLedger({ url: other.url })
  const env = { STRATA_DATABASE_URL: other.url }
  const child = running(['import', 'fix', log], env)
  let over = false
  void child.ended.then(() => (over = true))
  while ((await countVersions(observer)) === 0 && !over) await sleep(1)
  child.kill('SIGKILL')
  await child.ended
  assert.equal((await strata(['import', 'fix', log, '--json'], env)).code, 0)
  assert.equal(await ledgerHash(observer, ['recorded_at']), await ledgerHash(ledger, ['recorded_at']))
})

test('another owner has the same orders once more', options, async () => {
  const { rejected, applied } = await importFix(ledger, log, { owner: 'desk' })
  assert.deepEqual([rejected, applied], [0, 128])
  assert.equal((await ledger.list.latest({ kind: 'trade', owner: 'desk', filters: {}, limit: 100 })).items.length, 40)
})

test('a file that is not there and an owner that is none are sentences', options, async () => {
  const env = { STRATA_DATABASE_URL: database.url }
  const missing = await strata(['import', 'fix', join(folder, 'none.log')], env)
  assert.deepEqual([missing.code, missing.stdout], [1, ''])
  assert.match(missing.stderr, /none\.log can not be read/)
  const wrong = await strata(['import', 'fix', log, '--owner', 'a b'], env)
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /--owner must be/)
})
