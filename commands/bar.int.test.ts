// Promises: bars through the API, as they were and as they are; and that the database has the last word on them, whoever writes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RuleBroken } from '../ledger/failure.ts'
import type { JsonObject } from '../ledger/json.ts'
import { appendUnit } from '../test/append-unit.ts'
import { testDatabase } from '../test/database.ts'
import { served } from '../test/served.ts'

const SOUND = { owner: 'AAPL', open: '10', high: '12', low: '9', close: '11', volume: '100' }

test('recorded, corrected, and had back as it was', async () => {
  await using db = await testDatabase()
  await using server = await served(db.url)
  const friday = await server.post('/v1/bars', { ...SOUND, barId: '2016-01-08', previousBarId: null }, { 'idempotency-key': 'k' })
  assert.deepEqual([friday.status, friday.headers.get('location')], [201, '/v1/bars/bar:AAPL:2016-01-08'])
  const monday = { ...SOUND, barId: '2016-01-11', previousBarId: 'bar:AAPL:2016-01-08' }
  assert.equal((await server.post('/v1/bars', { ...monday, low: '11.5' })).problem.code, 'open_outside')
  assert.equal((await server.post('/v1/bars', { ...monday, previousBarId: 'bar:AAPL:2016-01-07' })).status, 404)
  assert.equal((await server.post('/v1/bars', { ...monday, previousBarId: undefined })).status, 400)
  assert.equal((await server.post('/v1/bars', monday)).status, 201)
  assert.equal((await server.post('/v1/bars', monday)).problem.code, 'already_exists')

  const id = 'bar:AAPL:2016-01-11'
  const corrected = await server.post(`/v1/bars/${id}/correct`, { close: '11.5', reason: 'late print' })
  const [version] = corrected.receipt.versions
  assert.deepEqual([corrected.status, version?.version, version?.effectiveAt], [200, 2, '2016-01-12T00:00:00.000000Z'])
  assert.deepEqual((await server.post(`/v1/bars/${id}/correct`, { close: '11.5' })).receipt.versions, [])

  const { read } = server.ledger
  const asOf = async (effectiveAsOf: string) => (await read.effective(id, { effectiveAsOf })).record?.state['close']
  assert.equal((await read.version(id, 1))?.state['close'], '11')
  assert.equal(await asOf('2016-01-12T00:00:00.000000Z'), '11.5')
  assert.equal(await asOf('2016-01-11T23:59:59.000000Z'), undefined, 'it is not whole yet')

  const { rows } = await server.ledger.database.query(
    `select entity_id, version, instrument, "interval", close::text, volume::text, flags, previous_bar_id from ledger.bars order by entity_id`,
  )
  const common = { instrument: 'AAPL', interval: 'day', volume: '100.000000000000000000', flags: [] }
  assert.deepEqual(rows, [
    { ...common, entity_id: 'bar:AAPL:2016-01-08', version: 1, close: '11.000000000000000000', previous_bar_id: null },
    { ...common, entity_id: id, version: 2, close: '11.500000000000000000', previous_bar_id: 'bar:AAPL:2016-01-08' },
  ])
})

const STATE = { interval: 'day', start: '2016-01-08T00:00:00.000000Z', flags: [], ...SOUND }
const without = (...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(STATE).filter(([name]) => !names.includes(name))) as JsonObject

/** Each breaks a rule unless it is flagged as said; undefined: no flag helps. */
const ROWS: Readonly<Record<string, readonly [data: JsonObject, flag?: string]>> = {
  'no opening price': [without('open'), 'blank_open'],
  'no highest price': [without('high'), 'blank_high'],
  'no lowest price': [without('low'), 'blank_low'],
  'the highest below the lowest': [{ ...STATE, high: '8' }, 'high_below_low'],
  'an opening price outside': [{ ...STATE, open: '13' }, 'open_outside'],
  'a closing price outside': [{ ...STATE, close: '8' }, 'close_outside'],
  'crossed quotes': [{ ...STATE, bid: '11', ask: '10' }, 'ask_below_bid'],
  'no volume': [{ ...STATE, volume: '0' }, 'zero_volume'],
  'a price of zero': [{ ...STATE, bid: '0' }],
  'a price below zero': [{ ...STATE, low: '-1' }],
  'a broken volume': [{ ...STATE, volume: '0.5' }],
  'a price that is not canonical': [{ ...STATE, close: '11.0' }],
  'a number': [{ ...STATE, close: 11 }],
  'no closing price': [without('close')],
  'no flags': [without('flags')],
}

test('the database keeps no bar that is odd, unless it is flagged', async (t) => {
  await using db = await testDatabase()
  await using server = await served(db.url)
  for (const [n, [what, [data, flag]]] of Object.entries(ROWS).entries())
    await t.test(what, async () => {
      const version = { entityId: `bar:AAPL:${n}`, event: 'BarRecorded' }
      await assert.rejects(appendUnit(server.ledger, [{ ...version, data }]), RuleBroken)
      if (flag === undefined) return
      await assert.rejects(appendUnit(server.ledger, [{ ...version, data: { ...data, flags: ['spike'] } }]), RuleBroken)
      assert.equal((await appendUnit(server.ledger, [{ ...version, data: { ...data, flags: [flag] } }])).length, 1)
    })
})
