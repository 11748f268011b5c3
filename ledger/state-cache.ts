// Latest states in memory, so that a decision rarely waits for a read. Bounded by the size of their JSON. An entry may be stale: then the append that rests on it is refused, and it is
// read again; nothing is ever answered from here alone.
import { LRUCache } from 'lru-cache'
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
  clear(): void
  readonly entries: number
  readonly bytes: number
  /** Of all that was asked for, what was here, and what was not. */
  readonly hits: number
  readonly misses: number
}

export function stateCache(maxBytes: number = MAX_CACHED_BYTES): StateCache {
  const states = new LRUCache<EntityId, Known>({ maxSize: maxBytes, maxEntrySize: MAX_CACHED_STATE_BYTES })
  let hits = 0
  let misses = 0
  return {
    get(id) {
      const found = states.get(id)
      if (found === undefined) misses++
      else hits++
      return found
    },
    set: (known, bytes) => void states.set(known.entityId, known, { size: bytes + ENTRY_OVERHEAD_BYTES }),
    forget: (id) => void states.delete(id),
    clear: () => states.clear(),
    get entries() {
      return states.size
    },
    get bytes() {
      return states.calculatedSize
    },
    get hits() {
      return hits
    },
    get misses() {
      return misses
    },
  }
}
