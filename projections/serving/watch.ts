// How the runs are, for whoever asks often: looked up at most once a second, however many ask.
import { control, type RunStatus } from '../runner/control.ts'
import type { Database } from '../../ledger/database.ts'
import type { RunName } from '../runner/leases.ts'

const FRESH_MS = 1_000

export type Watch = () => Promise<readonly RunStatus[]>

export function watch(database: Database, runs: readonly RunName[]): Watch {
  const states = control(database)
  let asked: Promise<readonly RunStatus[]> | undefined
  return () => {
    if (asked) return asked
    const asking = states.statuses(runs)
    const forget = (): void => void (asked = undefined)
    asking.then(() => setTimeout(forget, FRESH_MS).unref(), forget)
    asked = asking
    return asking
  }
}
