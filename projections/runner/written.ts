// What a run has written last, and so need not load again. It is as of where the run is: whoever asks the sink where that is, as after every failure, clears it.
import { LRUCache } from 'lru-cache'
import type { JsonValue } from '../../ledger/json.ts'
import type { Changes, Contents, Kept, Needed } from '../fold.ts'

export const MAX_WRITTEN_BYTES = 8 * 1024 * 1024
export const MAX_WRITTEN_DOCUMENT_BYTES = 256 * 1024
const ENTRY_BYTES = 300
const MEMBER_BYTES = 16

export interface Written {
  /** What of it is known, and what has to be loaded. */
  among(needed: Needed): { readonly known: Contents; readonly unknown: Needed }
  add(changes: Changes): void
  clear(): void
}

export function written(maxBytes: number = MAX_WRITTEN_BYTES): Written {
  const options = { maxSize: maxBytes / 2, maxEntrySize: MAX_WRITTEN_DOCUMENT_BYTES, sizeCalculation: bytesOf }
  const documents = new LRUCache<string, Kept>(options)
  const memories = new LRUCache<string, Kept>(options)
  return {
    among(needed) {
      const [ofDocuments, ofMemories] = [split(documents, needed.documents), split(memories, needed.memories)]
      return {
        known: { documents: ofDocuments.known, memories: ofMemories.known },
        unknown: { documents: ofDocuments.unknown, memories: ofMemories.unknown },
      }
    },
    add(changes) {
      for (const [key, kept] of changes.documents) documents.set(key, kept)
      for (const [key, kept] of changes.memories) memories.set(key, kept)
    },
    clear() {
      documents.clear()
      memories.clear()
    },
  }
}

function split(kept: LRUCache<string, Kept>, keys: readonly string[]): { known: ReadonlyMap<string, Kept>; unknown: readonly string[] } {
  const known = new Map<string, Kept>()
  const unknown: string[] = []
  for (const key of keys) {
    const found = kept.get(key)
    if (found) known.set(key, found)
    else unknown.push(key)
  }
  return { known, unknown }
}

/** About, in memory: cheaper than to write it as JSON. */
const bytesOf = ({ key, body }: Kept): number => ENTRY_BYTES + 2 * key.length + valueBytes(body)

function valueBytes(value: JsonValue): number {
  if (typeof value === 'string') return MEMBER_BYTES + 2 * value.length
  if (typeof value !== 'object' || value === null) return MEMBER_BYTES
  let bytes = MEMBER_BYTES
  for (const member of Object.values(value)) bytes += MEMBER_BYTES + valueBytes(member ?? null)
  return bytes
}
