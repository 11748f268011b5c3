// The commands on backtests, and when they are refused. A run is something that happened: the same results again are a version, too.
import { z } from 'zod'
import { mergeParameters, type BacktestState } from '../ledger/entities/backtest.ts'
import { decimalSchema } from '../ledger/decimal.ts'
import { ownerOf, type EntityId } from '../ledger/entity-id.ts'
import { instantSchema } from '../ledger/instant.ts'
import { textSchema } from '../ledger/text.ts'
import { atMost, byName, fieldValue } from './by-name.ts'
import type { Asked, CommandDefinition, Decision } from './command.ts'
import { append, reject, type Refused } from './decision.ts'
import { changing, creating } from './define.ts'

export const MAX_PARAMETERS = 100
export const MAX_METRICS = 100
export const MAX_INSTRUMENTS = 1_000

const instruments = z
  .array(textSchema())
  .min(1, { error: 'must name at least one' })
  .max(MAX_INSTRUMENTS, { error: `must be ${MAX_INSTRUMENTS} at most` })
const result = {
  metrics: atMost(MAX_METRICS, byName(decimalSchema)),
  tradeCount: z.int().nonnegative(),
}

const recording = z.strictObject({
  strategy: textSchema(),
  parameters: byName(fieldValue),
  instruments,
  from: instantSchema,
  to: instantSchema,
  codeVersion: textSchema().optional(),
  ...result,
})

function refuseRun({ from, to, parameters }: Pick<BacktestState, 'from' | 'to' | 'parameters'>, id: EntityId): Refused | undefined {
  if (to < from) return reject('period_reversed', `${id} would end at ${to}, before it begins at ${from}`, '/to')
  const count = Object.keys(parameters).length
  return count > MAX_PARAMETERS
    ? reject('too_many_parameters', `${id} would have ${count} parameters, ${MAX_PARAMETERS} are allowed`, '/parameters')
    : undefined
}

const recordBacktest = creating({
  name: 'RecordBacktest',
  kind: 'backtest',
  route: '/backtests',
  summary: 'Record a backtest and what it came to',
  example: {
    strategy: 'momentum',
    parameters: { lookbackDays: 20, entry: '0.6' },
    instruments: ['AAPL', 'MSFT'],
    from: '2013-02-08T00:00:00Z',
    to: '2018-02-07T00:00:00Z',
    codeVersion: '4f2c1d9',
    metrics: { totalReturn: '0.482', sharpe: '1.31', maximumDrawdown: '0.127' },
    tradeCount: 214,
  },
  rejections: ['period_reversed', 'too_many_parameters'],
  creates: { local: 'backtestId' },
  data: recording,
  decide: ({ entityId, data }) =>
    refuseRun(data, entityId) ?? append({ entityId, event: 'BacktestRecorded', data: { owner: ownerOf(entityId), ...data } }),
})

const rerun = z.strictObject({
  /** Merged by name; null removes. */
  parameters: byName(fieldValue.nullable()).optional(),
  instruments: instruments.optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
  codeVersion: textSchema().optional(),
  ...result,
})

function decideRerun(backtest: BacktestState, { entityId, data }: Asked<z.infer<typeof rerun>>): Decision {
  const { from = backtest.from, to = backtest.to } = data
  const parameters = mergeParameters(backtest.parameters, data.parameters ?? {})
  return refuseRun({ from, to, parameters }, entityId) ?? append({ entityId, event: 'BacktestRerun', data })
}

const rerunBacktest = changing({
  name: 'RerunBacktest',
  kind: 'backtest',
  route: '/backtests/{id}/rerun',
  summary: 'Record that a backtest was run again, with what was other, and what it came to',
  example: { parameters: { lookbackDays: 50, entry: null }, metrics: { totalReturn: '0.391', sharpe: '1.42' }, tradeCount: 96 },
  rejections: ['period_reversed', 'too_many_parameters'],
  data: rerun,
  decide: decideRerun,
})

export const backtestCommands: readonly CommandDefinition[] = [recordBacktest, rerunBacktest]
