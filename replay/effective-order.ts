// One owner's versions in the order in which they held: what the feed would have been, had the ledger learnt everything when it happened. Within an entity version 1 comes first, then the others by
// effective time, then version, each with the state that they come to in this order; an entity whose version 1 does not hold yet is not there. Over entities, by the time from which each holds.
import type { VersionRow, VersionRecord } from '../ledger/record.ts'
import { foldEach } from '../ledger/read.ts'

interface Holding {
  readonly record: VersionRecord
  /** A version that holds earlier than its entity's first does not come before it. */
  readonly from: string
}

/** `rows`: all that hold, of whatever entities, those of one entity by version. */
export function effectiveOrder(rows: readonly VersionRow[]): readonly VersionRecord[] {
  const holding = [...Map.groupBy(rows, (row) => row.entity_id).values()].flatMap(entityOrder)
  return holding.toSorted(byTime).map(({ record }) => record)
}

function entityOrder(rows: readonly VersionRow[]): readonly Holding[] {
  const [first, ...rest] = rows
  if (first?.version !== 1) return []
  const ordered = [first, ...rest.toSorted((a, b) => compare(a.effective_at, b.effective_at) || a.version - b.version)]
  return foldEach(ordered).map((record) => ({
    record,
    from: record.effectiveAt > first.effective_at ? record.effectiveAt : first.effective_at,
  }))
}

/** Canonical instants sort as text. The order within an entity is kept: sorting is stable, and nothing of it falls. */
const byTime = (a: Holding, b: Holding): number =>
  compare(a.from, b.from) ||
  Number(a.record.version > 1) - Number(b.record.version > 1) ||
  compare(a.record.effectiveAt, b.record.effectiveAt) ||
  a.record.position - b.record.position

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
