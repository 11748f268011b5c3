// Promises: a document comes back from its columns as it went in, to the last digit, microsecond and byte; and what no column takes stops its partition only.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { EARLIEST, fromMicros, toMicros } from '../../../ledger/instant.ts'
import type { JsonObject } from '../../../ledger/json.ts'
import { sharedSnowflake } from '../../../test/services/shared.ts'
import { advance } from '../../runner/advance.ts'
import { contents, feedInto } from '../made-up.testing.ts'
import { snowflakeSink } from '../snowflake.ts'
import { typed, typedVersion, type Typed } from './typed.testing.ts'

const { address, skip } = await sharedSnowflake()
const sink = skip ? undefined : snowflakeSink({ url: address.replace('/ANALYTICS', `/TYPED_${process.pid}`) })
after(() => sink?.[Symbol.asyncDispose]())
const here = (): NonNullable<typeof sink> => sink as NonNullable<typeof sink>

const DIGITS = 10n ** 18n
const decimal = fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n).map((units) => {
  const [whole, fraction] = [(units < 0n ? -units : units) / DIGITS, (units < 0n ? -units : units) % DIGITS]
  const text = `${whole}.${String(fraction).padStart(18, '0')}`.replace(/\.?0+$/, '')
  return units < 0n ? `-${text}` : text
})
const instant = fc.bigInt(toMicros(EARLIEST), toMicros('2199-12-31T23:59:59.999999Z')).map(fromMicros)
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc.constantFrom('', ' ', '\\N', 'NULL', '"', '""', "'", 'a\r\nb', ',', '\\', '\t', '2026-01-02', '007', '{"a":1}'),
)
const document: fc.Arbitrary<Omit<Typed, 'owner'>> = fc.record(
  {
    text,
    price: decimal,
    count: fc.maxSafeInteger(),
    isOpen: fc.boolean(),
    madeAt: instant,
    day: instant.map((at) => at.slice(0, 10)),
    extra: fc
      .oneof(fc.jsonValue({ depthSize: 'small' }), fc.constantFrom([1e300, 5e-324, 0.1, -1], { b: 1, a: 2, '': [null] }, ''))
      // What JSON can say: it has no -0.
      .map((value): unknown => JSON.parse(JSON.stringify(value)))
      .filter((value) => value !== null),
  },
  { requiredKeys: [] },
)

const EDGES: readonly Omit<Typed, 'owner'>[] = [
  { price: '99999999999999999999.999999999999999999', count: Number.MAX_SAFE_INTEGER, madeAt: '1900-01-01T00:00:00.000000Z' },
  { price: '-99999999999999999999.999999999999999999', count: Number.MIN_SAFE_INTEGER, madeAt: '2199-12-31T23:59:59.999999Z' },
  { price: '0.000000000000000001', madeAt: '1969-12-31T23:59:59.999999Z', day: '1900-01-01', isOpen: false },
  { price: '0', count: 0, text: '', extra: {}, isOpen: true },
  {},
]

test('what is read back is what was written', { skip }, async (t) => {
  const projection = typed('every_type')
  const view = await here().open(projection, 'live')
  const seed = Date.now()
  t.diagnostic(`seed ${seed}`)
  const random = fc.sample(document, { numRuns: 400, seed })
  const records = [...EDGES, ...random].map((data, n) => typedVersion(n, data))
  await feedInto(view, projection, records)
  const expected = new Map<string, JsonObject>(records.map(({ entityId, data, commandScope: owner }) => [entityId, { ...data, owner }]))
  const loaded = await view.load({ documents: [...expected.keys()], memories: [] })
  for (const kept of [...(await contents(view)), ...loaded.documents.values()]) {
    const body = kept.body ?? {}
    assert.deepEqual(body, expected.get(kept.key))
    assert.equal(JSON.stringify(body['extra']), JSON.stringify(expected.get(kept.key)?.['extra']))
  }
  assert.deepEqual([(await contents(view)).length, loaded.documents.size], [records.length, records.length])
  const odd = records.find(({ data }) => data['text'] === '\\N')
  if (odd) assert.ok((await view.read({ filters: { text: '\\N' }, limit: 500 })).documents.some(({ key }) => key === odd.entityId))
})

test('what a column does not take becomes a dead letter, and the other partition goes on', { skip }, async () => {
  const projection = typed('not_taken')
  const view = await here().open(projection, 'live')
  const records = [...EDGES, {}].map((data, n) => typedVersion(n, n === 3 ? { price: '1e5' } : data))
  const { poisoned, places } = await advance(view, projection, records, () => Promise.resolve(false))
  assert.deepEqual(
    poisoned.map(({ record, message }) => [record.position, /price is "1e5", and its column takes a decimal/.test(message)]),
    [[2, true]],
  )
  assert.deepEqual([places.get(0)?.position, places.get(1)?.position], [3, 1])
})
