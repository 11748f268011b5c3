// The conditions of a query: each is constant SQL with a `?` for its value, and is left out where its value was not given.
import type { Instant } from '../../ledger/instant.ts'
import type { Sql } from './query.ts'

export type Condition = string | readonly [text: string, value: string | undefined]

export function where(...conditions: readonly Condition[]): Sql {
  const found = conditions.flatMap((condition): readonly Sql[] => {
    if (typeof condition === 'string') return [{ text: condition, values: [] }]
    const [text, value] = condition
    return value === undefined ? [] : [{ text, values: [value] }]
  })
  return {
    text: found.length === 0 ? '' : `where ${found.map(({ text }) => text).join(' and ')}`,
    values: found.flatMap(({ values }) => values),
  }
}

/** From one instant on, and before another one. */
export const between = (column: string, from: Instant | undefined, to: Instant | undefined): readonly Condition[] => [
  [`${column} >= cast(? as timestamp)`, from && sqlInstant(from)],
  [`${column} < cast(? as timestamp)`, to && sqlInstant(to)],
]

/** As SQL writes a time without a zone; columns are in UTC. */
export const sqlInstant = (instant: Instant): string => `${instant.slice(0, 10)} ${instant.slice(11, 26)}`
