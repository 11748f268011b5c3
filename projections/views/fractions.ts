// Sums of quotients that are exact until they are shown: divided once, to 18 decimals, half even.
import { add, divide, product, type Decimal } from '../../ledger/decimal.ts'

export interface Fraction {
  readonly numerator: Decimal
  /** A whole number from 1. */
  readonly denominator: number
}

export function sumOfFractions(fractions: readonly Fraction[]): Decimal {
  const numerators = new Map<number, Decimal>()
  for (const { numerator, denominator } of fractions) numerators.set(denominator, add(numerators.get(denominator) ?? '0', numerator))
  const common = [...numerators.keys()].map(BigInt).reduce((a, b) => (a * b) / greatestCommonDivisor(a, b), 1n)
  const sum = [...numerators].reduce(
    (total, [denominator, numerator]) => add(total, product(numerator, String(common / BigInt(denominator)))),
    '0',
  )
  return divide(sum, String(common))
}

const greatestCommonDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestCommonDivisor(b, a % b))
