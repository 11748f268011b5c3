// Executions as they were known at an instant, without one as they are: which of them stood, and what each had earned. What a bust took back later still stands, and has earned what it had booked.
import type { Instant } from '../../ledger/instant.ts'
import type { Sql } from './query.ts'
import { sqlInstant, type Condition } from './where.ts'

/** Those that were recorded, also where they were taken back. */
export const recordedBy = (asOf: Instant | undefined): Condition => ['recorded_at <= cast(? as timestamp)', asOf && sqlInstant(asOf)]

/** Those that stood. */
export const standing = (asOf: Instant | undefined): readonly Condition[] =>
  asOf === undefined ? ['not busted'] : [recordedBy(asOf), ['(not busted or busted_at > cast(? as timestamp))', sqlInstant(asOf)]]

const NOW = { realisedPnl: { text: 'realised_pnl', values: [] }, busted: { text: 'busted', values: [] } }

/** As columns: what one had earned, and whether it was taken back. */
export function knownOf(asOf: Instant | undefined): { readonly realisedPnl: Sql; readonly busted: Sql } {
  if (asOf === undefined) return NOW
  const values = [sqlInstant(asOf)]
  const booked = "cost_change - case when side = 'buy' then amount else -amount end"
  return {
    realisedPnl: { text: `case when busted_at > cast(? as timestamp) then ${booked} else realised_pnl end as realised_pnl`, values },
    busted: { text: 'busted and (busted_at is null or busted_at <= cast(? as timestamp)) as busted', values },
  }
}
