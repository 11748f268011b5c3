// Promises: decimals against a model in whole numbers of 10^-18, and canonical whatever comes in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  add,
  canonicalDecimal,
  compare,
  decimalSchema,
  divide,
  inRange,
  isDecimal,
  isNegative,
  isZero,
  multiply,
  negate,
  positiveDecimalSchema,
  subtract,
  weightedAverage,
  type Decimal,
} from './decimal.ts'

const ONE = 10n ** 18n
const LIMIT = 10n ** 38n

/** Written out, then without what says nothing. */
function show(units: bigint): Decimal {
  const digits = String(units < 0n ? -units : units).padStart(19, '0')
  const fraction = digits.slice(-18).replace(/0+$/, '')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -18)}${fraction && `.${fraction}`}`
}

/** numerator / denominator, rounded half to even. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  if (denominator < 0n) return rounded(-numerator, -denominator)
  const negative = numerator < 0n
  const absolute = negative ? -numerator : numerator
  const [quotient, twice] = [absolute / denominator, (absolute % denominator) * 2n]
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n)
  const result = up ? quotient + 1n : quotient
  return negative ? -result : result
}

/** Of every size: whole, small, with few decimals and with all of them, and such as end in 5 and have to be rounded. */
const units = fc.oneof(
  fc.bigInt(-LIMIT + 1n, LIMIT - 1n),
  fc.bigInt(-1_000n, 1_000n).map((n) => n * ONE),
  fc.bigInt(-1_000n, 1_000n).map((n) => (n * ONE) / 100n),
  fc.bigInt(-1_000n, 1_000n).map((n) => n * 5n),
  fc.constantFrom(0n, 1n, -1n, ONE, -ONE, ONE / 2n, LIMIT - 1n),
)

test('sums, differences, products and quotients are those of the model', () => {
  fc.assert(
    fc.property(units, units, (a, b) => {
      const [x, y] = [show(a), show(b)]
      assert.equal(add(x, y), show(a + b))
      assert.equal(subtract(x, y), show(a - b))
      assert.equal(multiply(x, y), show(rounded(a * b, ONE)))
      if (b !== 0n) assert.equal(divide(x, y), show(rounded(a * ONE, b)))
      assert.equal(negate(x), show(-a))
      assert.equal(compare(x, y), a < b ? -1 : a > b ? 1 : 0)
      assert.deepEqual([isZero(x), isNegative(x)], [a === 0n, a < 0n])
      assert.equal(inRange(add(x, y)), a + b < LIMIT && a + b > -LIMIT)
      assert.equal(canonicalDecimal(x), x)
    }),
    { numRuns: 1_000 },
  )
})

test('an average rounds once, at its end', () => {
  const part = fc.record({ quantity: fc.bigInt(1n, 10n ** 24n), price: fc.bigInt(-(10n ** 24n), 10n ** 24n) })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 20 }), (parts) => {
      const total = parts.reduce((sum, { quantity }) => sum + quantity, 0n)
      const notional = parts.reduce((sum, { quantity, price }) => sum + quantity * price, 0n)
      const shown = parts.map(({ quantity, price }) => ({ quantity: show(quantity), price: show(price) }))
      assert.equal(weightedAverage(shown), show(rounded(notional, total)))
    }),
  )
})

test('whatever comes in comes out canonical, and is the same number', () => {
  fc.assert(
    fc.property(units, fc.nat(5), fc.nat(5), (a, leading, trailing) => {
      const [whole = '', fraction] = show(a < 0n ? -a : a).split('.')
      const text = `${a < 0n ? '-' : ''}${'0'.repeat(leading)}${whole}.${(fraction ?? '0') + '0'.repeat(trailing)}`
      fc.pre(isDecimal(text))
      assert.equal(decimalSchema.parse(text), show(a), text)
      assert.equal(positiveDecimalSchema.safeParse(text).success, a > 0n)
    }),
  )
  assert.deepEqual(
    ['-0', '0.0', '-0.000', '007.50', '00', '0.10'].map((text) => decimalSchema.parse(text)),
    ['0', '0', '0', '7.5', '0', '0.1'],
  )
})

test('what is no decimal', () => {
  const bad = ['', ' ', '.', '1.', '.5', '+1', '1e3', '1E3', '0x10', 'NaN', 'Infinity', '-', '--1', '1,5', '1 ', ' 1', '1\n', '1_000', '١', `1${'0'.repeat(20)}`, `0.${'0'.repeat(18)}1`, '1.2.3'] // prettier-ignore
  for (const text of [...bad, 1, 1.5, null, undefined, {}, ['1'], true, 1n]) {
    assert.equal(decimalSchema.safeParse(text).success, false, typeof text)
    assert.equal(positiveDecimalSchema.safeParse(text).success, false, typeof text)
  }
  assert.match(decimalSchema.safeParse(1.5).error?.issues[0]?.message ?? '', /must be a decimal string/)
  assert.throws(() => divide('1', '0'))
})
