import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateLimit } from './rate-limit.ts'

test('a second at once, then steadily, each actor alone', () => {
  let now = 0
  const rate = rateLimit(10, () => now)
  const taken = (actor: string, tries = 50): number =>
    Array.from({ length: tries }, () => rate.take(actor)).filter((inMs) => inMs === undefined).length
  assert.equal(taken('a'), 10)
  assert.equal(rate.take('a'), 100)
  assert.equal(taken('b'), 10)
  now += 100
  assert.equal(taken('a'), 1)
  now += 60_000
  assert.equal(taken('a'), 10, 'a rest is not saved up')
})

test('many at once wait for a whole bucket, and owe the rest', async () => {
  let now = 0
  const rate = rateLimit(1_000, () => now)
  const { signal } = new AbortController()
  assert.equal(rate.wait('a', 3_000, signal), undefined)
  assert.equal(rate.take('a'), 2_001)
  now += 2_500
  const waiting = rate.wait('a', 501, signal)
  assert.ok(waiting)
  now += 10
  await waiting
  assert.equal(rate.wait('a', 0, signal), undefined)
})

test('whoever waits ends with the signal', async () => {
  const rate = rateLimit(1, () => 0)
  const stop = new AbortController()
  assert.equal(rate.take('a'), undefined)
  const waiting = rate.wait('a', 1, stop.signal)
  stop.abort()
  await waiting
})
