// Latest states in memory, so that a decision rarely waits for a read. Bounded by the size of their JSON. An entry may be stale: then the append that rests on it is refused, and it is read
// again; nothing is ever answered from here alone.
// Two generations: what is used moves to the young one; when that holds half of what is allowed, it becomes the old one, and what was the old one is dropped. No order is kept, which would cost
// more than all the rest of a cache (measured: exact least-recently-used, by lru-cache or by a Map, 2 to 4 us of the 20 that a command takes in a process).
import type { EntityId } from './entity-id.ts'
import type { Known } from './known.ts'

export const MAX_CACHED_BYTES = 64 * 1024 * 1024
export const MAX_CACHED_STATE_BYTES = 1024 * 1024
const ENTRY_OVERHEAD_BYTES = 500

export interface StateCache {
  get(id: EntityId): Known | undefined
  /** `bytes`: the length of the state's JSON. */
  set(known: Known, bytes: number): void
  forget(id: EntityId): void
  readonly entries: number
  readonly bytes: number
}

interface Entry {
  readonly known: Known
  readonly bytes: number
}

export function stateCache(maxBytes: number = MAX_CACHED_BYTES): StateCache {
  let young = new Map<EntityId, Entry>()
  let old = new Map<EntityId, Entry>()
  let youngBytes = 0
  let oldBytes = 0

  function keep(id: EntityId, entry: Entry): void {
    const before = young.get(id)
    young.set(id, entry)
    youngBytes += entry.bytes - (before?.bytes ?? 0)
    if (youngBytes <= maxBytes / 2) return
    old = young
    oldBytes = youngBytes
    young = new Map()
    youngBytes = 0
  }

  function forget(id: EntityId): void {
    youngBytes -= young.get(id)?.bytes ?? 0
    young.delete(id)
    oldBytes -= old.get(id)?.bytes ?? 0
    old.delete(id)
  }

  return {
    get(id) {
      const known = young.get(id)?.known
      if (known) return known
      const entry = old.get(id)
      if (entry) keep(id, entry)
      return entry?.known
    },
    set(known, stateBytes) {
      const bytes = stateBytes + ENTRY_OVERHEAD_BYTES
      if (bytes > Math.min(maxBytes / 2, MAX_CACHED_STATE_BYTES)) forget(known.entityId)
      else keep(known.entityId, { known, bytes })
    },
    forget,
    /** What is in both generations counts twice, in entries and in bytes. */
    get entries() {
      return young.size + old.size
    },
    get bytes() {
      return youngBytes + oldBytes
    },
  }
}
