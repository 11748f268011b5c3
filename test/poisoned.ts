// Promises: a projection that can not apply trades in an instrument called POISON: what dead letters are made with.
import { z } from 'zod'
import { defineProjection } from '../projections/projection.ts'

export const counts = defineProjection<'trade', { readonly owner: string; readonly count: number }>({
  name: 'counts',
  version: 1,
  summary: 'Breaks at an instrument called POISON',
  kinds: ['trade'],
  key: ({ state }) => state.owner,
  apply(document, { state }) {
    if (state.instrument === 'POISON') throw new Error('it is poison')
    return { owner: state.owner, count: (document?.count ?? 0) + 1 }
  },
  shown: z.object({ owner: z.string(), count: z.int() }),
  filters: ['owner'],
  spreadBy: { member: 'owner', of: (key) => key },
})
