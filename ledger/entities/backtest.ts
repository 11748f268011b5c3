// A backtest: what a strategy would have done over a time, with which parameters and what result. Run again, it is a new version, so a diff of two versions is a comparison of two runs.
import { z } from 'zod'
import { ownerSchema } from '../entity-id.ts'
import { keptInstant } from '../instant.ts'
import type { Kind, LedgerEvent } from '../kind.ts'
import { textSchema } from '../text.ts'
import { keptDecimal } from './kept.ts'

const parameter = z.union([textSchema(), z.number(), z.boolean()])
const instruments = z.array(textSchema()).readonly()
const metrics = z.record(textSchema(), keptDecimal).readonly()
const tradeCount = z.int().nonnegative()

const recorded = {
  owner: ownerSchema,
  strategy: textSchema(),
  parameters: z.record(textSchema(), parameter).readonly(),
  instruments,
  from: keptInstant,
  to: keptInstant,
  /** Of the program that was run. */
  codeVersion: textSchema().optional(),
  /** What it came to, by name. */
  metrics,
  tradeCount,
}

const backtestState = z.strictObject({ ...recorded, runs: z.int().positive() }).readonly()

const events = {
  BacktestRecorded: z.strictObject(recorded).readonly(),
  /** What was other than in the run before, and what it came to. */
  BacktestRerun: z
    .strictObject({
      /** null: it is gone. */
      parameters: z.record(textSchema(), parameter.nullable()).readonly().optional(),
      instruments: instruments.optional(),
      from: keptInstant.optional(),
      to: keptInstant.optional(),
      codeVersion: textSchema().optional(),
      metrics,
      tradeCount,
    })
    .readonly(),
}

type EventData = { readonly [Name in keyof typeof events]: z.infer<(typeof events)[Name]> }

export type BacktestState = z.infer<typeof backtestState>
type Parameters = BacktestState['parameters']

/** Parameters after a merge by name, where null removes. */
export const mergeParameters = (before: Parameters, changes: NonNullable<EventData['BacktestRerun']['parameters']>): Parameters =>
  Object.fromEntries(Object.entries({ ...before, ...changes }).filter((entry): entry is [string, Parameters[string]] => entry[1] !== null))

function evolve(backtest: BacktestState | undefined, { event, data }: LedgerEvent): BacktestState {
  if (backtest === undefined) return { ...(data as EventData['BacktestRecorded']), runs: 1 }
  if (event !== 'BacktestRerun') return backtest
  const { parameters = {}, ...changes } = data as EventData['BacktestRerun']
  const after = { ...backtest, ...(changes as Partial<BacktestState>) }
  return { ...after, parameters: mergeParameters(backtest.parameters, parameters), runs: backtest.runs + 1 }
}

export const backtest: Kind<BacktestState> = {
  kind: 'backtest',
  plural: 'backtests',
  schemaVersion: 1,
  upcasters: {},
  state: backtestState,
  events,
  evolve,
  filters: ['strategy'],
  sql: new URL('./backtest.sql', import.meta.url),
  example: 'backtest:alice:B-1',
}
