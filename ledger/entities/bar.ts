// A bar: what an instrument traded at over a day or a minute. Its owner is the instrument, so that all of its bars are in one partition. What is odd about a bar that is kept all the same stands
// in its flags; what was odd when it was judged is part of the event, since it may come from the bar before.
import { z } from 'zod'
import { entityIdSchema, ownerSchema } from '../entity-id.ts'
import { keptInstant } from '../instant.ts'
import type { Kind, LedgerEvent } from '../kind.ts'
import { currencySchema, textSchema } from '../text.ts'
import { keptDecimal } from './kept.ts'

/** What may be odd about a bar; the rules are in commands/bar-rules.ts. */
export const BAR_FLAGS = [
  'blank_open',
  'blank_high',
  'blank_low',
  'high_below_low',
  'open_outside',
  'close_outside',
  'ask_below_bid',
  'zero_volume',
  'closed_day',
  'gap',
  'spike',
] as const
export type BarFlag = (typeof BAR_FLAGS)[number]

const flags = z.array(z.enum(BAR_FLAGS)).readonly()
const barId = entityIdSchema('bar')

const values = {
  open: keptDecimal.optional(),
  high: keptDecimal.optional(),
  low: keptDecimal.optional(),
  close: keptDecimal,
  /** Whole. */
  volume: keptDecimal,
  /** The best quotes at its end. */
  bid: keptDecimal.optional(),
  ask: keptDecimal.optional(),
  currency: currencySchema.optional(),
  source: textSchema().optional(),
  /** The source's own count of what it has said about this bar. */
  revision: z.int().nonnegative().optional(),
}

const barState = z
  .strictObject({
    owner: ownerSchema,
    interval: z.enum(['day', 'minute']),
    start: keptInstant,
    ...values,
    /** In the order of BAR_FLAGS. */
    flags,
    /** The bar that it was judged by: without one, neither gap nor spike can be told. */
    previousBarId: barId.optional(),
    /** How many trading days are missing between that bar and this one. */
    missingDays: z.int().positive().optional(),
  })
  .readonly()

const events = {
  BarRecorded: barState,
  /** What changed; null: it is gone. */
  BarCorrected: z
    .strictObject({
      open: keptDecimal.nullable().optional(),
      high: keptDecimal.nullable().optional(),
      low: keptDecimal.nullable().optional(),
      close: keptDecimal.optional(),
      volume: keptDecimal.optional(),
      bid: keptDecimal.nullable().optional(),
      ask: keptDecimal.nullable().optional(),
      currency: currencySchema.nullable().optional(),
      source: textSchema().nullable().optional(),
      revision: values.revision,
      flags: flags.optional(),
      previousBarId: barId.nullable().optional(),
      missingDays: z.int().positive().nullable().optional(),
      reason: textSchema().optional(),
    })
    .readonly(),
}

export type BarState = z.infer<typeof barState>
export type BarChanges = Omit<z.infer<(typeof events)['BarCorrected']>, 'reason'>

/** The bar after changes, where null removes. */
export const withChanges = (bar: BarState, changes: BarChanges): BarState =>
  Object.fromEntries(Object.entries({ ...bar, ...changes }).filter(([, value]) => value !== null)) as unknown as BarState

function evolve(bar: BarState | undefined, { event, data }: LedgerEvent): BarState {
  if (bar === undefined) return data as unknown as BarState
  if (event !== 'BarCorrected') return bar
  const { reason: _, ...changes } = data as z.infer<(typeof events)['BarCorrected']>
  return withChanges(bar, changes)
}

export const bar: Kind<BarState> = {
  kind: 'bar',
  plural: 'bars',
  schemaVersion: 1,
  upcasters: {},
  state: barState,
  events,
  evolve,
  filters: ['interval'],
  sql: new URL('./bar.sql', import.meta.url),
  example: 'bar:AAPL:2026-01-05',
}
