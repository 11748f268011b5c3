// Appending by hand: what anyone could write who has decided events and `append`: batches, a few lanes, each with partitions of its own so that they never wait for each other.
import { append, type BatchVersion } from '../ledger/append.ts'
import type { Database } from '../ledger/database.ts'
import { partitionOf } from '../ledger/partition.ts'
import type { VersionRecord } from '../ledger/record.ts'

const HASH = '00'.repeat(32)

/** A decided event on its way into a batch: JSON is made here, as the library makes it. */
export const toBatchVersion = (record: VersionRecord, unit: number): BatchVersion => ({
  unit,
  entityId: record.entityId,
  version: record.version,
  event: record.event,
  data: JSON.stringify(record.data),
  state: JSON.stringify(record.state),
  schemaVersion: record.schemaVersion,
  commandScope: record.commandScope,
  commandId: record.commandId,
  commandSeq: record.commandSeq,
  commandSize: record.commandSize,
  commandHash: HASH,
  actor: record.actor,
  correlationId: record.correlationId,
  causationId: record.causationId,
  effectiveAt: undefined,
})

/** Appends records of one-version commands, each lane in batches of the sizes given, over and over. */
export async function appendByHand(
  database: Database,
  records: readonly VersionRecord[],
  { partitions, lanes, sizes }: { readonly partitions: number; readonly lanes: number; readonly sizes: readonly number[] },
): Promise<void> {
  let next = 0
  const takeSize = (): number => sizes[next++ % sizes.length] ?? 1
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const own = records.filter((record) => partitionOf(record.entityId, partitions) % lanes === lane)
      for (let at = 0; at < own.length;) {
        const batch = own.slice(at, at + takeSize())
        await append(database, { versions: batch.map(toBatchVersion), checks: [], keys: [] }, partitions)
        at += batch.length
      }
    }),
  )
}
