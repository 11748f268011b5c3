// What became of a draft once it was appended: its versions as records, with the places and times that the database gave, and the states to remember.
import type { Appended } from './append.ts'
import type { DraftUnit } from './draft.ts'
import type { EntityId } from './entity-id.ts'
import { fromMicros, toMicros, type Instant } from './instant.ts'
import type { Known } from './known.ts'
import { partitionOf } from './partition.ts'
import type { VersionRecord } from './record.ts'
import { toUnplaced } from './unplaced.ts'

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
        return { ...toUnplaced(staged, line.length), partition, position, recordedAt, effectiveAt: staged.effectiveAt ?? recordedAt }
      }),
    )
  })
}

/** The instant n microseconds later; nearly always in the same second, where only the last digits differ. */
function instantsFrom(base: Instant): (n: number) => Instant {
  const second = base.slice(0, 20)
  const micros = Number(base.slice(20, 26))
  return (n) => (micros + n < 1_000_000 ? `${second}${String(micros + n).padStart(6, '0')}Z` : fromMicros(toMicros(base) + BigInt(n)))
}

/** The newest state of every entity written. */
export function toKnown(units: readonly DraftUnit[], records: readonly (readonly (readonly VersionRecord[])[])[]): Iterable<Known> {
  const newest = new Map<EntityId, Known>()
  records.forEach((lines, n) => {
    for (const line of lines) {
      for (const { entityId, version, state, effectiveAt } of line) {
        const effectiveFrom = version === 1 ? effectiveAt : (newest.get(entityId) ?? units[n]?.reads.get(entityId))?.effectiveFrom
        newest.set(entityId, { entityId, version, state, effectiveFrom })
      }
    }
  })
  return newest.values()
}
