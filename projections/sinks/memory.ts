// Views in this process's memory: for tests, and for whoever wants a view once and does not want to keep it. Promises what every sink promises, but for durability.
import type { Contents, Kept } from '../fold.ts'
import type { Projection } from '../projection.ts'
import { Superseded, type Batch, type Place, type Sink, type Slot, type View, type ViewQuestion } from './sink.ts'

interface Store {
  readonly version: number
  readonly documents: Map<string, Kept>
  readonly memories: Map<string, Kept>
  readonly places: Map<number, Place>
}

export function memorySink(): Sink {
  const stores = new Map<string, Store>()
  const nameOf = ({ name }: Projection, slot: Slot): string => `${name} ${slot}`
  return {
    name: 'memory',
    open(projection, slot) {
      const name = nameOf(projection, slot)
      const store = stores.get(name) ?? { version: projection.version, documents: new Map(), memories: new Map(), places: new Map() }
      stores.set(name, store)
      return Promise.resolve(viewOf(projection, store, () => [...stores.values()].includes(store)))
    },
    liveVersion: (projection) => Promise.resolve(stores.get(nameOf(projection, 'live'))?.version),
    async swap(projection, catchUp) {
      await catchUp?.()
      const next = stores.get(nameOf(projection, 'next'))
      if (next) stores.set(nameOf(projection, 'live'), next)
      stores.delete(nameOf(projection, 'next'))
    },
    drop: (projection, slot) => Promise.resolve(void stores.delete(nameOf(projection, slot))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function viewOf(projection: Projection, { documents, memories, places }: Store, isThere: () => boolean): View {
  return {
    places: () => Promise.resolve(new Map(places)),
    load: (needed) =>
      Promise.resolve({ documents: some(documents, needed.documents), memories: some(memories, needed.memories) } satisfies Contents),
    write(batch: Batch) {
      if (!isThere()) return Promise.reject(new Superseded(projection))
      for (const kept of batch.documents.values()) putNewer(documents, kept)
      for (const kept of batch.memories.values()) putNewer(memories, kept)
      for (const [partition, place] of batch.places)
        if (place.position > (places.get(partition)?.position ?? 0)) places.set(partition, place)
      return Promise.resolve()
    },
    read({ filters, key, after = '', limit }: ViewQuestion) {
      const found = sorted(documents)
        .filter((kept) => kept.key > after && (key === undefined || kept.key === key))
        .flatMap(({ key: own, body, partition, position }) => (body ? [{ key: own, document: body, seen: { partition, position } }] : []))
        .filter(({ document }) => Object.entries(filters).every(([name, value]) => document[name] === value))
      return Promise.resolve({ documents: found.slice(0, limit), hasMore: found.length > limit })
    },
    async *all() {
      yield* sorted(documents)
    },
  }
}

const sorted = (kept: ReadonlyMap<string, Kept>): readonly Kept[] => [...kept.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))

function some(from: ReadonlyMap<string, Kept>, keys: readonly string[]): ReadonlyMap<string, Kept> {
  const found = new Map<string, Kept>()
  for (const key of keys) {
    const kept = from.get(key)
    if (kept) found.set(key, kept)
  }
  return found
}

function putNewer(into: Map<string, Kept>, { key, body, partition, position }: Kept): void {
  if (position > (into.get(key)?.position ?? 0)) into.set(key, { key, body, partition, position })
}
