// Parameters that several queries have, as text that is checked.
import { ownerSchema } from '../../ledger/entity-id.ts'
import { instantParam } from '../../ledger/request.ts'
import { textSchema } from '../../ledger/text.ts'

export const owner = ownerSchema.optional().describe('Only of this owner')
export const instrument = textSchema().optional().describe('Only of this instrument')
export const asOf = instantParam.optional().describe('As it was recorded by then; now, if it is left out')
export const strategy = textSchema().optional().describe('Only of this strategy')

/** A span of time: `what` is in it. */
export const span = (what: string) => ({
  from: instantParam.optional().describe(`Only ${what} at this time or later`),
  to: instantParam.optional().describe(`Only ${what} before this time`),
})
