// Promises: a bank's transactions through the projector: the same documents in PostgreSQL, in MongoDB and in memory; the balances are exactly the ledger's latest, their sum is what was paid in
// less what was paid out, and each is the bank's own, within its rounding. By default the bank's first half year; STRATA_TEST_LONG=1: all of it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import canonicalize from 'canonicalize'
import type { JsonObject } from '../../ledger/json.ts'
import { runExample } from '../example.ts'
import { BERKA_END, BERKA_TOLERANCE, berka, berkaPart, haler, type BerkaPart } from '../real/berka.ts'
import { served } from '../served.ts'
import { sharedMongo } from '../services/shared.ts'
import { counted, followed, type Documents, type Followed } from './followed.ts'

const mongo = await sharedMongo()
const options = { skip: berka.missing || mongo.skip, timeout: 600_000 }
const LONG = process.env['STRATA_TEST_LONG'] === '1'

let way: Followed
let part: BerkaPart
let documents: Documents
before(async () => {
  if (options.skip) return
  way = await followed(mongo.address)
  part = await berkaPart(way.folder, LONG ? BERKA_END : '930630')
})
after(() => way?.[Symbol.asyncDispose]())

test('every document of every view is the same in PostgreSQL, in MongoDB and in memory', options, async (t) => {
  await using server = await served(way.url)
  const started = performance.now()
  const { applied } = await runExample(part.example(server.url))
  assert.equal(applied, part.rows.length)
  const imported = performance.now()
  await way.drained()
  const drained = performance.now()
  documents = await way.same()
  t.diagnostic(`${applied} transactions in ${Math.round(imported - started)} ms, views drained ${Math.round(drained - imported)} ms later`)
  t.diagnostic(`compared in ${Math.round(performance.now() - drained)} ms: ${counted(documents)}`)
})

const LATEST = `
  select state || jsonb_build_object('entityId', entity_id, 'version', version,
    'recordedAt', to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'effectiveAt', to_char(effective_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) as document
  from ledger.versions where latest and kind = 'account' order by entity_id`

test("the balances are the ledger's latest, exactly", options, async () => {
  const { rows } = await way.ledger.database.query<{ document: JsonObject }>(LATEST)
  assert.deepEqual(
    documents.get('balances')?.map((document) => canonicalize(document)),
    rows.map(({ document }) => canonicalize(document)),
  )
})

test('their sum is what was paid in less what was paid out; each is what the bank recorded, within its rounding', options, (t) => {
  const balances = new Map(
    documents.get('balances')?.map(({ entityId, balance }) => [(entityId as string).split(':')[2] ?? '', haler(balance as string)]),
  )
  const boundary = balances.get('world.CZK')
  balances.delete('world.CZK')
  const sum = (numbers: Iterable<number>): number => Iterator.from(numbers).reduce((before, one) => before + one, 0)
  const paid = sum(part.rows.map(({ amount }) => amount))
  assert.deepEqual([sum(balances.values()), boundary], [paid, -paid])

  const order = berka.json<Readonly<Record<string, readonly number[]>>>('posting_order.json.gz')
  const finals = berka.json<Readonly<Record<string, { readonly fully_chained: boolean }>>>('final_balances.json.gz')
  const rows = new Map(part.rows.map((row) => [row.id, row]))
  let [accounts, worst] = [0, 0]
  for (const [account, ids] of Object.entries(order)) {
    const posted = ids.flatMap((id) => rows.get(String(id)) ?? [])
    const last = posted.at(-1)
    if (!last || !finals[account]?.fully_chained) continue
    const apart = Math.abs((balances.get(account) ?? Number.NaN) - last.balance)
    assert.ok(apart <= BERKA_TOLERANCE * posted.length, `${account}: ${balances.get(account)} against ${last.balance}`)
    worst = Math.max(worst, apart)
    accounts++
  }
  t.diagnostic(`${accounts} accounts as the bank recorded, at most ${worst / 100} apart`)
  assert.ok(accounts > 500)
  if (!LONG) return
  const reference = berka.json<{ readonly total_credits_cents: number; readonly total_debits_cents: number }>('reference.json')
  assert.equal(paid, reference.total_credits_cents - reference.total_debits_cents)
  assert.equal(accounts, 1_201)
})
