// What an earlier run of the same file has left in the ledger. Rows take effect in their order within a partition, so one that is not there, though a later row of its partition is, was
// refused or changed nothing when it was its turn. It stays so: decided again now, on a newer state, it might be accepted, and the ledger would not be the one that the file comes to.
// (The keys are the importer's own, which say the line: rows before the last one that is there were sent before it.)
import { ownerOf } from '../../ledger/entity-id.ts'
import type { Ledger } from '../../ledger/index.ts'
import { keyText, loadCommands, type CommandKey } from '../../ledger/load.ts'
import { partitionOfOwner } from '../../ledger/partition.ts'

const LOOKED_UP_TOGETHER = 500

/** A row's command, as far as it is needed to look it up. */
export interface KeyedRow extends CommandKey {
  readonly line: number
}

export interface EarlierRun {
  /** Whether the row has had its turn, and is not there. */
  readonly passedOver: (row: KeyedRow) => boolean
}

export async function earlierRun(ledger: Ledger, rows: AsyncIterable<KeyedRow>): Promise<EarlierRun> {
  const { partitions, database } = ledger
  const applied = new Set<number>()
  /** Per partition, the last row with a version there. */
  const last = new Map<number, number>()

  const lookUp = async (some: readonly KeyedRow[]): Promise<void> => {
    const found = await loadCommands(database, some, partitions)
    for (const row of some) {
      const command = found.get(keyText(row))
      if (!command) continue
      applied.add(row.line)
      for (const { entityId } of command.records) last.set(partitionOfOwner(ownerOf(entityId), partitions), row.line)
    }
  }

  let some: KeyedRow[] = []
  for await (const row of rows) {
    some.push(row)
    if (some.length < LOOKED_UP_TOGETHER) continue
    await lookUp(some)
    some = []
  }
  if (some.length > 0) await lookUp(some)
  return {
    passedOver: ({ line, scope }) => !applied.has(line) && line < (last.get(partitionOfOwner(scope, partitions)) ?? 0),
  }
}
