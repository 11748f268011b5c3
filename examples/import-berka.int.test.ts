// A bank's transactions into a server: every balance against the bank's own, along its order of posting and as of three dates; an import that was run twice, and one that was killed. By default
// the bank's first half year; STRATA_TEST_LONG=1: all of it.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openLedger } from '../ledger/index.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { killExample, ledgerHash, runExample, type Example } from '../test/example.ts'
import { BERKA_END, BERKA_TOLERANCE as TOLERANCE, berka as data, berkaPart, haler, type BerkaPart } from '../test/real/berka.ts'
import { served, type Served } from '../test/served.ts'

const options = { skip: data.missing }
const LONG = process.env['STRATA_TEST_LONG'] === '1'
const LAST_DAY = LONG ? BERKA_END : '930630'

let folder: string
let database: TestDatabase
let server: Served
let file: BerkaPart
const example = ({ url }: Served): Example => file.example(url)

before(async () => {
  if (data.missing) return
  folder = await mkdtemp(join(tmpdir(), 'strata-berka-'))
  file = await berkaPart(folder, LAST_DAY)
  database = await testDatabase()
  server = await served(database.url)
})
after(async () => {
  await server?.close()
  await database?.drop()
  if (folder) await rm(folder, { recursive: true })
})

const whole = (): number => (LONG ? 49_102 : 5_347)
/** The file's last line. */
const CUT = LONG ? [{ line: 49_104, reason: 'a transaction has 10 fields, this line 4' }] : []

test('every transaction is applied', options, async (t) => {
  const started = performance.now()
  const result = await runExample(example(server))
  t.diagnostic(`${result.applied} transactions in ${Math.round(performance.now() - started)} ms`)
  assert.deepEqual(result, { rows: whole() + CUT.length, applied: whole(), replayed: 0, rejected: CUT.length, rejects: CUT })
})

interface Version {
  readonly account: string
  readonly version: number
  readonly balance: string
  readonly limit: string | null
  readonly day: string
}

const VERSIONS = `
  select split_part(entity_id, ':', 3) as account, version, state ->> 'balance' as balance, state ->> 'limit' as limit,
    to_char(effective_at at time zone 'UTC', 'YYMMDD') as day
  from ledger.versions where kind = 'account' and entity_id not like '%:world.%' order by entity_id, version`

test('along the order of posting, each row moves the balance as the bank moved it', options, async (t) => {
  const order = data.json<Readonly<Record<string, readonly number[]>>>('posting_order.json.gz')
  const finals = data.json<Readonly<Record<string, { readonly fully_chained: boolean }>>>('final_balances.json.gz')
  const rows = new Map(file.rows.map((row) => [row.id, row]))
  const versions = Map.groupBy((await server.ledger.database.query<Version>(VERSIONS)).rows, ({ account }) => account)
  let accounts = 0
  let moves = 0
  for (const [account, ids] of Object.entries(order)) {
    if (!finals[account]?.fully_chained) continue
    const posted = ids.flatMap((id) => rows.get(String(id)) ?? [])
    if (posted.length === 0) continue
    accounts++
    const [opening, ...moved] = versions.get(account) ?? assert.fail(`there is no ${account}`)
    assert.deepEqual([opening?.balance, opening?.limit, opening?.day], ['0', null, posted[0]?.day], account)
    assert.equal(moved.length, posted.length, account)
    for (const [n, row] of posted.entries()) {
      const version = moved[n] ?? assert.fail()
      const ours = haler(version.balance) - haler(moved[n - 1]?.balance ?? '0')
      const banks = row.balance - (posted[n - 1]?.balance ?? 0)
      assert.ok(Math.abs(ours - banks) <= TOLERANCE, `${account}, transaction ${row.id}: ${ours} against ${banks}`)
      assert.equal(version.day, row.day, `transaction ${row.id}`)
      moves++
    }
  }
  t.diagnostic(`${accounts} accounts, ${moves} moves`)
  if (LONG) assert.equal(accounts, 1_201)
  else assert.ok(accounts > 500)
})

test('balances as of the dates are those that the bank recorded, within 0.10 for each row', options, async (t) => {
  const recorded = data.json<Readonly<Record<string, Readonly<Record<string, number>>>>>('balances_as_of.json.gz')
  const dates = Object.keys(recorded).filter((date) => date.slice(2).replaceAll('-', '') <= LAST_DAY)
  assert.equal(dates.length, LONG ? 3 : 1)
  for (const date of dates) {
    const balances = await balancesAsOf(`${date}T23:59:59.999999Z`)
    const day = date.slice(2).replaceAll('-', '')
    const counts = Map.groupBy(
      file.rows.filter((row) => row.day <= day),
      ({ account }) => account,
    )
    let worst = 0
    const expected = Object.entries(recorded[date] ?? {})
    for (const [account, balance] of expected) {
      const apart = Math.abs((balances.get(account) ?? Number.NaN) - balance)
      worst = Math.max(worst, apart)
      assert.ok(
        apart <= TOLERANCE * (counts.get(account)?.length ?? 0),
        `${account} at ${date}: ${balances.get(account)} against ${balance}`,
      )
    }
    t.diagnostic(`${date}: ${expected.length} accounts, at most ${worst / 100} apart`)
  }
})

async function balancesAsOf(effectiveAsOf: string): Promise<ReadonlyMap<string, number>> {
  const balances = new Map<string, number>()
  for (let below: string | undefined; ;) {
    const page = await server.ledger.list.asOf({ kind: 'account', owner: 'berka', filters: {}, effectiveAsOf, limit: 1_000, below })
    for (const { entityId, state } of page.items)
      balances.set(entityId.split(':')[2] ?? '', haler((state as { readonly balance: string }).balance))
    if (!page.hasMore) return balances
    below = page.last
  }
}

test('run again, it changes nothing', options, async () => {
  const hash = await ledgerHash(server.ledger)
  assert.deepEqual(await runExample(example(server)), {
    rows: whole() + CUT.length,
    applied: 0,
    replayed: whole(),
    rejected: CUT.length,
    rejects: CUT,
  })
  assert.equal(await ledgerHash(server.ledger), hash)
})

test('killed and run again, it ends with the same ledger', options, async () => {
  await using other = await testDatabase()
  await using place = await served(other.url)
  await using observer = await openLedger({ url: other.url })
  await killExample(example(place), observer, whole() * (0.2 + Math.random()))
  assert.equal((await runExample(example(place))).rejected, CUT.length)
  assert.equal(await ledgerHash(observer, ['recorded_at']), await ledgerHash(server.ledger, ['recorded_at']))
})
