// The flags that say how bars are judged, of every command that takes bars in.
import { Option } from 'commander'
import type { BarJudging } from '../commands/market/bar-series.ts'
import { isDecimal } from '../ledger/decimal.ts'
import { CommandFailed, EXIT } from './exit.ts'

export interface JudgingFlags {
  readonly calendar?: BarJudging['calendar'] | undefined
  readonly spike?: string | undefined
}

export const calendarOption = (): Option =>
  new Option('--calendar <name>', 'whose trading days count (default: XNYS)').choices(['XNYS', 'every-day', 'none'])

export const SPIKE = 'the part by which a close may differ from the one before (default: 0.25)'

export function judgingOf({ calendar, spike }: JudgingFlags): BarJudging {
  if (spike !== undefined && (!isDecimal(spike) || !(Number(spike) > 0)))
    throw new CommandFailed('--spike must be a decimal above zero, e.g. 0.25', { exitCode: EXIT.usage })
  return { ...(calendar !== undefined && { calendar }), ...(spike !== undefined && { spikeThreshold: spike }) }
}
