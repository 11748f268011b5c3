// Promises: a question is answered exactly, in its order and up to its limit, or not in time; and then the server works on it no more.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Unavailable } from '../../../ledger/failure.ts'
import { sharedSnowflake } from '../../../test/services/shared.ts'
import { feedInto } from '../made-up.testing.ts'
import { TookTooLong, type Select } from '../sink.ts'
import { snowflakeSink } from '../snowflake.ts'
import { typed, typedVersion } from './typed.testing.ts'

const { address, skip } = await sharedSnowflake()
const sink = skip ? undefined : snowflakeSink({ url: address.replace('/ANALYTICS', `/SELECT_${process.pid}`) })
const here = (): NonNullable<typeof sink> => sink as NonNullable<typeof sink>
after(() => sink?.[Symbol.asyncDispose]())
before(async () => {
  if (skip) return
  const projection = typed('asked')
  await feedInto(await here().open(projection, 'live'), projection, [
    typedVersion(0, {
      price: '99999999999999999999.999999999999999999',
      count: 2,
      madeAt: '2026-01-02T00:00:00.000001Z',
      day: '2026-01-02',
      text: 'a',
    }),
    typedVersion(1, { price: '-99999999999999999999.999999999999999998', count: 10, madeAt: '2026-01-02T00:00:00.000000Z', isOpen: true }),
    typedVersion(2, { price: '9.5', extra: { a: [1, 'x'] } }),
    typedVersion(3, { price: '10.25', isOpen: false }),
  ])
})

const ALL: Select = {
  text: 'SELECT price, count, is_open, made_at, day, text, key FROM asked WHERE price > ?',
  values: ['9'],
  columns: { price: 'decimal', count: 'integer', isOpen: 'boolean', madeAt: 'instant', day: 'date', text: 'text' },
  orderBy: 'price desc, key',
  limit: 10,
}
const options = { timeoutMs: 20_000 }

test('rows are exact, in order, and limited; what is null is left out', { skip }, async () => {
  const rows = [
    { price: '99999999999999999999.999999999999999999', count: 2, madeAt: '2026-01-02T00:00:00.000001Z', day: '2026-01-02', text: 'a' },
    { price: '10.25', isOpen: false },
    { price: '9.5' },
  ]
  assert.deepEqual(await here().select(ALL, options), rows)
  assert.deepEqual(await here().select({ ...ALL, limit: 2 }, options), rows.slice(0, 2))
  assert.deepEqual(await here().select({ ...ALL, values: ['1e30'.replace('e30', '0'.repeat(19))] }, options), rows.slice(0, 1))
})

test('sums are exact', { skip }, async () => {
  const sums: Select = {
    text: 'SELECT SUM(price) AS total, COUNT(*) AS how_many, MAX(made_at) AS last_at FROM asked',
    values: [],
    columns: { total: 'decimal', howMany: 'integer', lastAt: 'instant' },
    orderBy: 'total',
    limit: 1,
  }
  assert.deepEqual(await here().select(sums, options), [
    { total: '19.750000000000000001', howMany: 4, lastAt: '2026-01-02T00:00:00.000001Z' },
  ])
})

const SLOW: Select = {
  text: `SELECT SUM(SQRT(a.n * b.n))::NUMBER(38,0) AS total
    FROM (SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 100000))) a CROSS JOIN (SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 100000))) b`,
  values: [],
  columns: { total: 'integer' },
  orderBy: 'total',
  limit: 1,
}

test('what takes too long is given up, here and on the server', { skip, timeout: 60_000 }, async () => {
  const started = performance.now()
  await assert.rejects(here().select(SLOW, { timeoutMs: 1_000 }), TookTooLong)
  assert.ok(performance.now() - started < 3_000)
  // The stand-in does one thing at a time: it would not answer if it still worked on the other one.
  assert.equal((await here().select(ALL, options)).length, 3)
  assert.ok(performance.now() - started < 15_000)
})

test('who goes away is not worked for', { skip, timeout: 60_000 }, async () => {
  const started = performance.now()
  await assert.rejects(here().select(SLOW, { timeoutMs: 60_000, signal: AbortSignal.timeout(500) }), { name: 'TimeoutError' })
  assert.equal((await here().select(ALL, options)).length, 3)
  assert.ok(performance.now() - started < 15_000)
})

test('a view that is not there yet is no bug', { skip }, async () => {
  await assert.rejects(
    here().select({ ...ALL, text: 'SELECT price, count, is_open, made_at, day, text, key FROM nowhere WHERE price > ?' }, options),
    Unavailable,
  )
})
