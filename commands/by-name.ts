// Objects from names of any kind to values, as they come in.
import { z } from 'zod'
import { textSchema } from '../ledger/text.ts'

/** -0 is not kept. */
export const fieldValue = z.union([textSchema(), z.number().transform((value) => value + 0), z.boolean()], {
  error: 'must be text, a finite number, true or false',
})

/** A record would leave this name out in silence. */
const refuseProto = (value: unknown, context: z.RefinementCtx): unknown => {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    context.addIssue({ code: 'custom', path: ['__proto__'], message: 'is not a name for a field' })
  }
  return value
}

export const byName = <Value extends z.ZodType>(value: Value) => z.preprocess(refuseProto, z.record(textSchema(), value))

/** Of no more than so many members. */
export const atMost = <Members extends z.ZodType<object>>(limit: number, members: Members) =>
  members
    .refine((value) => Object.keys(value).length <= limit, { error: `must have ${limit} members at most` })
    .meta({ maxProperties: limit })
