import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sumOfFractions } from './fractions.ts'

const SCALE = 10n ** 18n

/** Numerator and denominator, as a decimal of 18 places, half even. */
function rounded(numerator: bigint, denominator: bigint): string {
  const scaled = (numerator < 0n ? -numerator : numerator) * SCALE
  const [quotient, rest] = [scaled / denominator, scaled % denominator]
  const up = rest * 2n > denominator || (rest * 2n === denominator && quotient % 2n === 1n)
  const digits = String(quotient + (up ? 1n : 0n)).padStart(19, '0')
  const text = `${digits.slice(0, -18)}.${digits.slice(-18)}`.replace(/\.?0+$/, '')
  return numerator < 0n && text !== '0' ? `-${text}` : text
}

test('thirds come to a whole; nothing comes to nothing', () => {
  const third = { numerator: '1', denominator: 3 }
  assert.equal(sumOfFractions([third, third, third]), '1')
  assert.equal(sumOfFractions([third]), '0.333333333333333333')
  assert.equal(sumOfFractions([]), '0')
})

test('any sum of fractions is that of whole numbers, rounded once', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.integer({ min: 1, max: 200 })), { maxLength: 12 }), (parts) => {
      const [numerator, denominator] = parts.reduce(([a, b], [n, d]) => [a * BigInt(d) + n * b, b * BigInt(d)], [0n, 1n])
      assert.equal(sumOfFractions(parts.map(([n, d]) => ({ numerator: String(n), denominator: d }))), rounded(numerator, denominator))
    }),
  ))
