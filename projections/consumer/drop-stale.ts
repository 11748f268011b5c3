// Strategy: a version below the greatest that was seen of its entity is not handled. For consumers to whom only the newest state matters.
import type { VersionRecord } from './record.ts'
import { NO_PROGRESS, type Progress } from './store.ts'

/** What to handle, in the order in which it came. */
export function dropStale(fresh: readonly VersionRecord[], before: ReadonlyMap<string, Progress>): readonly VersionRecord[] {
  const seen = new Map<string, number>()
  return fresh.filter(({ entityId, version }) => {
    const greatest = seen.get(entityId) ?? (before.get(entityId) ?? NO_PROGRESS).seen
    if (version <= greatest) return false
    seen.set(entityId, version)
    return true
  })
}
