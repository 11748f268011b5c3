import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BadPlace } from './feed-place.ts'
import { decodeFeedPlace, encodeFeedPlace } from './feed-cursor.ts'

const mark = fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined })
const positions = fc.array(fc.oneof(fc.nat(300), fc.maxSafeNat()), { minLength: 1, maxLength: 256 })

test('a place comes back from its cursor', () => {
  fc.assert(
    fc.property(positions, fc.nat(), mark, (given, n, known) => {
      const place = { positions: given, first: n % given.length, ...(known !== undefined && { mark: known }) }
      const text = encodeFeedPlace(place)
      assert.match(text, /^[A-Za-z0-9_-]+$/)
      assert.deepEqual(decodeFeedPlace(text, given.length), place)
      assert.throws(() => decodeFeedPlace(text, given.length + 1), BadPlace)
      assert.throws(() => decodeFeedPlace(text.slice(0, -2), given.length), BadPlace)
      assert.throws(() => decodeFeedPlace(`${text}AA`, given.length), BadPlace)
    }),
  )
})

test('garbage is refused', () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString('base64url'))
  fc.assert(
    fc.property(fc.oneof(fc.string(), bytes), (text) => {
      try {
        assert.equal(encodeFeedPlace(decodeFeedPlace(text, 16)), text)
      } catch (error) {
        assert.ok(error instanceof BadPlace)
      }
    }),
  )
  for (const text of ['', 'garbage', '0', 'end', 'AQ', 'x'.repeat(100_000)]) assert.throws(() => decodeFeedPlace(text, 16), BadPlace)
})

test('a cursor is short', () => {
  const place = (partitions: number) => ({ positions: Array.from({ length: partitions }, () => 1_000_000), first: 3, mark: 2n ** 62n })
  assert.ok(encodeFeedPlace(place(16)).length <= 80)
  assert.ok(encodeFeedPlace(place(256)).length <= 1_110)
})
