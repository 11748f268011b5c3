// Free text from outside: 1 to a given number of characters (code points), well-formed, without U+0000, which PostgreSQL cannot keep.
import { z } from 'zod'
import { component } from './description/component.ts'

export const MAX_TEXT_CHARACTERS = 1_000
export const MAX_LONG_TEXT_CHARACTERS = 10_000

const tooLong = (text: string, limit: number): boolean => text.length > limit && (text.length > 2 * limit || [...text].length > limit)

export const textSchema = (limit: number = MAX_TEXT_CHARACTERS) =>
  z
    .string()
    .refine((text) => text.length > 0 && !tooLong(text, limit), { error: `must have 1 to ${limit.toLocaleString('en')} characters` })
    .refine((text) => !text.includes('\0') && text.isWellFormed(), { error: 'must be well-formed Unicode without U+0000' })
    .meta(
      component(limit === MAX_TEXT_CHARACTERS ? 'Text' : `Text${limit}`, {
        type: 'string',
        minLength: 1,
        maxLength: limit,
        description: `Free text of 1 to ${limit.toLocaleString('en')} characters, well-formed and without U+0000.`,
      }),
    )

const CURRENCY = /^[A-Za-z0-9]{3,12}$/

export const currencySchema = z
  .string()
  .regex(CURRENCY, { error: 'must be 3 to 12 characters of A-Z a-z 0-9' })
  .meta(
    component('Currency', {
      type: 'string',
      pattern: CURRENCY.source,
      description: 'A currency or unit, case kept: GBp is pence.',
      examples: ['USD', 'GBp'],
    }),
  )
