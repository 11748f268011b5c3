import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heightOf, isGreater } from './decimal.js'

test('decimals are compared to the last of their digits, of either sign', () => {
  const inOrder = [
    '-12345678901234567890.5',
    '-2',
    '-0.5',
    '-0.000000000000000001',
    '0',
    '0.000000000000000001',
    '0.1',
    '0.10001',
    '9',
    '10',
  ]
  for (const [n, a] of inOrder.entries()) for (const [m, b] of inOrder.entries()) assert.equal(isGreater(a, b), n > m, `${a} > ${b}`)
  assert.ok(isGreater('11199.00000000000000001', '11199'))
})

test('what is not known is drawn nowhere', () => {
  assert.equal(heightOf(undefined), null)
  assert.equal(heightOf('-1.5'), -1.5)
})
