// Exact decimals as strings, as money, quantities and prices are kept: at most 20 digits before the point and 18 after, which fits numeric(38,18).
// Canonical form: no leading or trailing zeros, no plus, no exponent, "0" for zero. Every function takes and gives canonical or plain decimal strings; products,
// quotients and roots are rounded half even to 18 decimals.
import { Big } from 'big.js'
import { z } from 'zod'
import { component } from './description/component.ts'

export type Decimal = string

export const MAX_INTEGER_DIGITS = 20
export const MAX_DECIMALS = 18
const HALF_EVEN = 2

const Exact = Big()
Exact.strict = true
Exact.DP = MAX_DECIMALS
Exact.RM = HALF_EVEN

const LIMIT = new Exact(`1${'0'.repeat(MAX_INTEGER_DIGITS)}`)
const PATTERN = /^-?\d{1,20}(\.\d{1,18})?$/
const CANONICAL = /^(0|-?([1-9]\d*(\.\d*[1-9])?|0\.\d*[1-9]))$/

const format = (value: Big): Decimal => (value.eq('0') ? '0' : value.toFixed())

export const isDecimal = (text: string): boolean => PATTERN.test(text)

/** "007.50" -> "7.5", "-0" -> "0". */
export const canonicalDecimal = (text: Decimal): Decimal => (CANONICAL.test(text) ? text : format(new Exact(text)))

export const add = (a: Decimal, b: Decimal): Decimal => (b === '0' ? a : a === '0' ? b : format(new Exact(a).plus(b)))
export const subtract = (a: Decimal, b: Decimal): Decimal => (b === '0' ? a : format(new Exact(a).minus(b)))
export const multiply = (a: Decimal, b: Decimal): Decimal =>
  a === '1' ? b : b === '1' ? a : format(new Exact(a).times(b).round(MAX_DECIMALS, HALF_EVEN))
/** All of the digits, up to 36 after the point: for sums that are rounded once, at the end. */
export const product = (a: Decimal, b: Decimal): Decimal => format(new Exact(a).times(b))
export const divide = (a: Decimal, b: Decimal): Decimal => format(new Exact(a).div(b))
/** Of a value from zero on. */
export const squareRoot = (a: Decimal): Decimal => format(new Exact(a).sqrt())
export const negate = (a: Decimal): Decimal => (a === '0' ? a : a.startsWith('-') ? a.slice(1) : `-${a}`)
export const compare = (a: Decimal, b: Decimal): -1 | 0 | 1 => (a === b ? 0 : new Exact(a).cmp(b))
export const isZero = (a: Decimal): boolean => a === '0' || !/[1-9]/.test(a)
export const isNegative = (a: Decimal): boolean => a.startsWith('-')

/** Whether a result can be kept: at most 20 digits before the point. */
export const inRange = (a: Decimal): boolean => a.length <= MAX_INTEGER_DIGITS || new Exact(a).abs().lt(LIMIT)

/** The average of prices weighted by quantities: the sums are exact, only the quotient is rounded. */
export function weightedAverage(parts: readonly { readonly quantity: Decimal; readonly price: Decimal }[]): Decimal {
  let quantity = new Exact('0')
  let notional = new Exact('0')
  for (const part of parts) {
    quantity = quantity.plus(part.quantity)
    notional = notional.plus(new Exact(part.quantity).times(part.price))
  }
  return format(notional.div(quantity))
}

const decimalText = z.string({ error: 'must be a decimal string, e.g. "12.5" (a JSON number would lose digits)' }).regex(PATTERN, {
  error: 'must be a decimal: up to 20 digits, then optionally a point and up to 18 digits; no exponent, no plus',
})

/** Any decimal; comes out canonical. */
export const decimalSchema = decimalText
  .meta(
    component('Decimal', {
      type: 'string',
      pattern: '^-?[0-9]{1,20}(\\.[0-9]{1,18})?$',
      description: 'An exact decimal, as text: up to 20 digits, then optionally a point and up to 18 digits; no exponent, no plus.',
      examples: ['185.50', '-0.25', '0'],
    }),
  )
  .transform(canonicalDecimal)

/** A decimal greater than zero; comes out canonical. */
export const positiveDecimalSchema = decimalText
  .refine((text) => !text.startsWith('-') && /[1-9]/.test(text), { error: 'must be greater than zero' })
  .meta(
    component('PositiveDecimal', {
      type: 'string',
      pattern: '^(?=.*[1-9])[0-9]{1,20}(\\.[0-9]{1,18})?$',
      description: 'A decimal greater than zero.',
      examples: ['100', '0.5'],
    }),
  )
  .transform(canonicalDecimal)
