// A sum, or a product, as views show it: an exact decimal that may have more digits than any amount of the ledger has.
import { z } from 'zod'
import { component } from '../../ledger/description/component.ts'

export const sumDecimal = z.string().meta(
  component('SumDecimal', {
    type: 'string',
    pattern: '^(0|-?([1-9][0-9]*(\\.[0-9]*[1-9])?|0\\.[0-9]*[1-9]))$',
    description: 'An exact decimal in canonical form, as text, of as many digits as it has.',
    examples: ['18550', '-0.25', '0'],
  }),
)
