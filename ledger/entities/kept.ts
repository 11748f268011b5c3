// Shapes of what is kept: already canonical, so these schemas only check and never change a value (the way in makes things canonical, commands/*.ts).
import { z } from 'zod'
import { isDecimal, type Decimal } from '../decimal.ts'
import { component } from '../description/component.ts'

const keptDecimalShape = component('KeptDecimal', {
  type: 'string',
  pattern: '^(0|-?([1-9][0-9]{0,19}(\\.[0-9]{0,17}[1-9])?|0\\.[0-9]{0,17}[1-9]))$',
  description: 'An exact decimal in canonical form, as text: no leading or trailing zeros, no exponent, "0" for zero.',
  examples: ['185.5', '-0.25', '0'],
})

/** A decimal as it is kept. */
export const keptDecimal = z.string().refine(isDecimal, { error: 'must be a decimal' }).meta(keptDecimalShape)

/** An object from names of any kind to decimals, left as it is: z.record would leave out a member called `__proto__`. */
export const keptAmounts = z
  .unknown()
  .refine((value) => isAmounts(value), { error: 'must be an object of decimals' })
  .meta({ type: 'object', additionalProperties: keptDecimalShape }) as z.ZodType<Readonly<Record<string, Decimal>>>

const isAmounts = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((amount) => typeof amount === 'string' && isDecimal(amount))
