// What became of a draft once it was appended: its versions as records, with the places and times that the database gave, and the states to remember.
import type { Appended, Batch } from './append.ts'
import type { DraftUnit } from './draft.ts'
import { kindNamed } from './entities/index.ts'
import { kindOf, type EntityId } from './entity-id.ts'
import { fromMicros, toMicros, type Instant } from './instant.ts'
import type { JsonObject } from './json.ts'
import type { Known } from './known.ts'
import type { Loaded } from './load.ts'
import { partitionOf } from './partition.ts'
import type { VersionRecord } from './record.ts'
import type { StagedVersion } from './work.ts'

/** What only the database gives. */
export interface Place {
  readonly partition: number
  readonly position: number
  readonly recordedAt: Instant
}

/** Records per unit and line, numbered as ledger.append numbers: positions in order of the batch, unit i at i microseconds after the base. */
export function toRecords(
  units: readonly DraftUnit[],
  { baseAt, lastPositions }: Appended,
  partitions: number,
): (readonly (readonly VersionRecord[])[])[] {
  const recordedAts = instantsFrom(baseAt)
  const positions = new Map(lastPositions)
  return units.map((unit, n) => {
    if (unit.lines.length === 0) return []
    const recordedAt = recordedAts(n)
    return unit.lines.map((line) =>
      line.map((staged) => {
        const partition = partitionOf(staged.entityId, partitions)
        const position = (positions.get(partition) ?? 0) + 1
        positions.set(partition, position)
        return placed(staged, { partition, position, recordedAt })
      }),
    )
  })
}

/** A staged version as the record it becomes. */
export function placed(staged: StagedVersion, { partition, position, recordedAt }: Place): VersionRecord {
  const { line, entityId } = staged
  const kind = kindOf(entityId)
  return {
    entityId,
    kind,
    version: staged.version,
    event: staged.event,
    data: staged.data,
    state: staged.state as JsonObject,
    partition,
    position,
    commandId: line.commandId,
    commandScope: line.scope,
    commandSeq: staged.seq,
    commandSize: line.versions.length,
    actor: line.actor,
    correlationId: line.correlationId,
    causationId: line.causationId,
    recordedAt,
    effectiveAt: staged.effectiveAt ?? recordedAt,
    schemaVersion: kindNamed(kind)?.schemaVersion ?? 1,
  }
}

/** The instant n microseconds later; nearly always in the same second, where only the last digits differ. */
function instantsFrom(base: Instant): (n: number) => Instant {
  const second = base.slice(0, 20)
  const micros = Number(base.slice(20, 26))
  return (n) => (micros + n < 1_000_000 ? `${second}${String(micros + n).padStart(6, '0')}Z` : fromMicros(toMicros(base) + BigInt(n)))
}

/** The newest state of every entity written. */
export function toKnown(
  units: readonly DraftUnit[],
  records: readonly (readonly (readonly VersionRecord[])[])[],
  batch: Batch,
): Iterable<Loaded> {
  const newest = new Map<EntityId, Loaded>()
  let place = 0
  records.forEach((lines, n) => {
    for (const line of lines) {
      for (const { entityId, version, state, effectiveAt } of line) {
        const before = newest.get(entityId)?.known ?? units[n]?.reads.get(entityId)
        const known: Known = { entityId, version, state, effectiveFrom: version === 1 ? effectiveAt : before?.effectiveFrom }
        newest.set(entityId, { known, bytes: batch.versions[place++]?.state.length ?? 0 })
      }
    }
  })
  return newest.values()
}
