// Appending by hand: what anyone could write who has decided events and `append`: batches, a few lanes, each with partitions of its own so that they never wait for each other.
import { append, type BatchVersion } from '../ledger/append.ts'
import type { Database } from '../ledger/database.ts'
import { partitionOf } from '../ledger/partition.ts'
import type { VersionRecord } from '../ledger/record.ts'
import { OWNERS } from './commands.ts'
import { filledTrade } from './filled.ts'
import { seconds } from './statistics.ts'

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

/** Versions of trades as fill() left them at `version - 1`, from the nth on. */
export const nextVersions = (from: number, count: number, version: number): readonly BatchVersion[] =>
  Array.from({ length: count }, (_, unit) => {
    const owner = `fill-o${(from + unit) % OWNERS}`
    const commandId = `next-${version}-${from + unit}`
    return {
      unit,
      entityId: filledTrade(from + unit),
      version,
      event: version === 1 ? 'TradeSubmitted' : 'TradeAmended',
      data: JSON.stringify(version === 1 ? TERMS : { price: String(version) }),
      state: JSON.stringify({ owner, ...TERMS, price: String(version), ...OPEN }),
      schemaVersion: 1,
      commandScope: owner,
      commandId,
      commandSeq: 0,
      commandSize: 1,
      commandHash: HASH,
      actor: 'bench',
      correlationId: commandId,
      causationId: null,
      effectiveAt: undefined,
    }
  })

const TERMS = { instrument: 'AAPL', side: 'buy', quantity: '100', price: '1', currency: 'USD' }
const OPEN = {
  status: 'open',
  confirmation: 'unmatched',
  executedQuantity: '0',
  remainingQuantity: '100',
  commission: '0',
  executions: [],
  held: '0',
}

/** One batch of those. Answers the seconds it took. */
export async function appendNext(database: Database, from: number, count: number, version: number, partitions: number): Promise<number> {
  const versions = nextVersions(from, count, version)
  return seconds(() => append(database, { versions, checks: [], keys: [] }, partitions))
}
