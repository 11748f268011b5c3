import assert from 'node:assert/strict'
import { test } from 'node:test'
import { currencySchema, textSchema } from './text.ts'

const passes = (text: unknown, limit = 5) => textSchema(limit).safeParse(text).success

test('1 to a number of characters, which are code points', () => {
  assert.deepEqual(
    ['', 'a', 'abcde', 'abcdef'].map((text) => passes(text)),
    [false, true, true, false],
  )
  assert.ok(passes('😀'.repeat(5)))
  assert.ok(!passes('😀'.repeat(6)))
  assert.ok(!passes('x'.repeat(10_000_000)))
  assert.ok(!passes(7))
  assert.equal(textSchema(1_000).safeParse('').error?.issues[0]?.message, 'must have 1 to 1,000 characters')
})

test('well-formed, without what PostgreSQL can not keep', () => {
  for (const text of ['a\0b', '\ud800', 'a\udc00', '\ud83d']) assert.ok(!passes(text), JSON.stringify(text))
  for (const text of ['\n', '\u0001', '\uffff', '"\\']) assert.ok(passes(text), JSON.stringify(text))
})

test('currencies', () => {
  for (const text of ['USD', 'BTC', 'USDC2', 'ABCDEFGHIJKL']) assert.ok(currencySchema.safeParse(text).success)
  for (const text of ['US', 'US D', 'ABCDEFGHIJKLM', 'US$', '', 'EUR\n']) assert.ok(!currencySchema.safeParse(text).success)
})
