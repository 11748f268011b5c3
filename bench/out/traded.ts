// What goes out: a ledger of trades, each submitted and executed once, as views and the feed see it.
import type { Submission } from '../../commands/submit/parse.ts'
import type { Ledger } from '../../ledger/index.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { BATCH_VERSIONS } from '../../projections/runner/pages.ts'
import type { Projection } from '../../projections/projection.ts'
import { viewNamed } from '../../projections/views/index.ts'
import { submitAll } from '../append.ts'
import { parsed, submitLine, tradeOf } from '../commands.ts'

export const executeLine = (run: string, n: number): object => ({
  command: 'RecordExecution',
  entityId: tradeOf(run, n),
  commandId: `execute-${n}`,
  data: { executionId: `E-${n}`, quantity: '40', price: `${187 + (n % 7)}.25`, commission: '0.35' },
})

/** Two versions for each trade: all are submitted, and then all executed in part. */
export async function trade(ledger: Ledger, run: string, trades: number): Promise<void> {
  const lines = (line: (run: string, n: number) => object): readonly Submission[] =>
    Array.from({ length: trades }, (_, n) => parsed(line(run, n)))
  await submitAll(ledger, lines(submitLine))
  await submitAll(ledger, lines(executeLine))
}

/** The whole feed in pages as projections read them. */
export async function feedPages(ledger: Ledger, limit = BATCH_VERSIONS): Promise<readonly (readonly VersionRecord[])[]> {
  const all: (readonly VersionRecord[])[] = []
  for (let at = ledger.feed.beginning; ;) {
    const page = await ledger.feed.read(at, limit)
    if (page.versions.length > 0) all.push(page.versions)
    if (page.caughtUp) return all
    at = page.next
  }
}

export function viewOf(name: string): Projection {
  const found = viewNamed(name)
  if (!found) throw new Error(`there is no view ${name}`)
  return found
}
