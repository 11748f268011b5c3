// What a version of a trade does to what was executed: an execution that now stands, or one that no longer does.
import type { Execution } from '../../ledger/entities/trade.ts'
import type { RecordOf } from '../projection.ts'

export interface ChangedExecution {
  readonly of: Execution
  /** It was taken back; else it is new. */
  readonly isBust: boolean
}

/** In the order of effective time a bust may come before its execution: it waits in the state, and the execution never stands. */
export function changedExecution({ event, data, state }: RecordOf<'trade'>): ChangedExecution | undefined {
  if (event !== 'ExecutionRecorded' && event !== 'ExecutionBusted') return undefined
  const of = state.executions.find(({ executionId }) => executionId === data['executionId'])
  return of && { of, isBust: event === 'ExecutionBusted' }
}
