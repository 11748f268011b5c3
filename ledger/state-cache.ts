// Latest states in memory, so that a decision rarely waits for a read. Bounded by the size of their JSON; what was not used for longest goes first. An entry may be stale: then the append that
// rests on it is refused, and it is read again; nothing is ever answered from here alone.
// A Map keeps the order of insertion, which is all that it takes (lru-cache, which can more, took a twentieth of what a process does for an append).
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
  const states = new Map<EntityId, Entry>()
  let total = 0

  function forget(id: EntityId): void {
    const entry = states.get(id)
    if (entry === undefined) return
    total -= entry.bytes
    states.delete(id)
  }

  return {
    get(id) {
      const entry = states.get(id)
      if (entry === undefined) return undefined
      states.delete(id)
      states.set(id, entry)
      return entry.known
    },
    set(known, stateBytes) {
      forget(known.entityId)
      const bytes = stateBytes + ENTRY_OVERHEAD_BYTES
      if (bytes > Math.min(maxBytes, MAX_CACHED_STATE_BYTES)) return
      states.set(known.entityId, { known, bytes })
      total += bytes
      for (const oldest of states.keys()) {
        if (total <= maxBytes) break
        forget(oldest)
      }
    },
    forget,
    get entries() {
      return states.size
    },
    get bytes() {
      return total
    },
  }
}
