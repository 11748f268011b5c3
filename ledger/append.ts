// The one call that writes: a batch of units to ledger.append in schema.sql, which has the last word on every expectation.
import type { Connection, Database } from './database.ts'
import type { EntityId } from './entity-id.ts'
import type { Instant } from './instant.ts'
import { partitionOf } from './partition.ts'
import { jsonArray, numberArray, textArray } from './sql-array.ts'

/** A version to be appended. `data` and `state` are JSON as JSON.stringify writes it. Units count from 0 and do not fall; a command's versions stand together. */
export interface BatchVersion {
  readonly unit: number
  readonly entityId: EntityId
  /** The version it becomes: the old latest plus one. */
  readonly version: number
  readonly event: string
  readonly data: string
  readonly state: string
  readonly schemaVersion: number
  readonly commandScope: string
  readonly commandId: string
  readonly commandSeq: number
  readonly commandSize: number
  /** SHA-256 in hex, on commandSeq 0 only. */
  readonly commandHash: string | undefined
  readonly actor: string
  readonly correlationId: string
  readonly causationId: string | null
  /** Undefined: when it is recorded. */
  readonly effectiveAt: Instant | undefined
}

/** "This entity is at this version" (0: not there), as the unit found it. */
export interface BatchCheck {
  readonly unit: number
  readonly entityId: EntityId
  readonly version: number
}

/** A command key that must be new, of a unit that appends nothing. */
export interface BatchKey {
  readonly unit: number
  readonly scope: string
  readonly id: string
}

export interface Batch {
  readonly versions: readonly BatchVersion[]
  readonly checks: readonly BatchCheck[]
  readonly keys: readonly BatchKey[]
}

export interface Appended {
  /** When unit 0 is recorded; unit i is recorded i microseconds later. */
  readonly baseAt: Instant
  /** Per partition, the position before its first new version. */
  readonly lastPositions: ReadonlyMap<number, number>
}

export interface Replay {
  readonly unit: number
  readonly scope: string
  readonly id: string
}

export interface BrokenExpectation {
  readonly unit: number
  readonly entityId: EntityId
  readonly expected: number
  readonly actual: number
}

/** The ledger is not as the batch expects; nothing of it was appended. */
export class AppendRefused extends Error {
  override readonly name = 'AppendRefused'
  readonly replays: readonly Replay[]
  readonly conflicts: readonly BrokenExpectation[]
  constructor(message: string, replays: readonly Replay[], conflicts: readonly BrokenExpectation[]) {
    super(message)
    this.replays = replays
    this.conflicts = conflicts
  }
}

const NOT_AS_EXPECTED = 'ST001'
const SQL = `select base_at, partitions, last_positions from ledger.append(${Array.from({ length: 23 }, (_, n) => `$${n + 1}`).join(', ')})`

/** Appends all of the batch or nothing. Throws AppendRefused, or what pg throws. */
export async function append(database: Database | Connection, batch: Batch, partitions: number): Promise<Appended> {
  const { versions, checks, keys } = batch
  const values = [
    numberArray(versions.map((v) => v.unit)),
    numberArray(versions.map((v) => partitionOf(v.entityId, partitions))),
    textArray(versions.map((v) => v.entityId)),
    numberArray(versions.map((v) => v.version)),
    textArray(versions.map((v) => v.event)),
    jsonArray(versions.map((v) => v.data)),
    jsonArray(versions.map((v) => v.state)),
    numberArray(versions.map((v) => v.schemaVersion)),
    textArray(versions.map((v) => v.commandScope)),
    textArray(versions.map((v) => v.commandId)),
    numberArray(versions.map((v) => v.commandSeq)),
    numberArray(versions.map((v) => v.commandSize)),
    jsonArray(versions.map((v) => (v.commandHash === undefined ? null : `\\x${v.commandHash}`))),
    textArray(versions.map((v) => v.actor)),
    textArray(versions.map((v) => v.correlationId)),
    textArray(versions.map((v) => v.causationId)),
    textArray(versions.map((v) => v.effectiveAt)),
    numberArray(checks.map((c) => c.unit)),
    textArray(checks.map((c) => c.entityId)),
    numberArray(checks.map((c) => c.version)),
    numberArray(keys.map((k) => k.unit)),
    textArray(keys.map((k) => k.scope)),
    textArray(keys.map((k) => k.id)),
  ]
  try {
    const { rows } = await database.query<{ base_at: Instant; partitions: number[]; last_positions: string[] }>({
      name: 'append',
      text: SQL,
      values,
    })
    const [answer] = rows
    if (!answer) throw new Error('ledger.append answered nothing')
    return {
      baseAt: answer.base_at,
      lastPositions: new Map(answer.partitions.map((partition, n) => [partition, Number(answer.last_positions[n])])),
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NOT_AS_EXPECTED && 'detail' in error) {
      const { replays, conflicts } = JSON.parse(String(error.detail)) as { replays: Replay[]; conflicts: BrokenExpectation[] }
      throw new AppendRefused(error.message, replays, conflicts)
    }
    throw error
  }
}
