// The newest versions that were read of a feed, each partition's without a gap: whoever stands among them is given what comes next from here.
import type { VersionRecord } from '../../ledger/record.ts'
import type { Place, Places } from '../sinks/sink.ts'

/** By partition. */
export type Positions = ReadonlyMap<number, number>

export interface Found {
  readonly versions: readonly VersionRecord[]
  /** Where these end, in each of the partitions. */
  readonly upTo: Positions
  /** How many are kept that come after that. */
  readonly left: number
}

export interface Recent {
  /** What comes after the places, up to `limit`, in the order of `partitions`; undefined: one of the places is not among what is kept. */
  after(partitions: readonly number[], places: Places, limit: number): Found | undefined
  /** The partitions of which something was asked since then, and where each ends; what nobody asks for any more is let go. */
  ends(askedSinceMs: number): { readonly partitions: readonly number[]; readonly places: Places }
  /** What was read after the places: it goes on from what is kept; or takes its place, where that ends before it. */
  add(partitions: readonly number[], from: Places, versions: readonly VersionRecord[]): void
  /** What all of these readers have got past. */
  letGo(readers: readonly Positions[]): void
  /** In versions. */
  size(): number
  isEmpty(): boolean
  clear(): void
}

interface Stretch {
  /** What comes before it; undefined: nothing does. */
  readonly begin: Place | undefined
  readonly versions: VersionRecord[]
  askedAtMs: number
}

export function recent(): Recent {
  const stretches = new Map<number, Stretch>()

  function addTo(partition: number, begin: Place | undefined, versions: readonly VersionRecord[]): void {
    const there = stretches.get(partition)
    const at = there && indexAfter(there, begin)
    if (there && at !== undefined) for (const version of versions.slice(there.versions.length - at)) there.versions.push(version)
    else if (!there || positionOf(endOf(there)) < positionOf(versions.at(-1) ?? begin))
      stretches.set(partition, { begin, versions: [...versions], askedAtMs: performance.now() })
  }

  return {
    after(partitions, places, limit) {
      const found: VersionRecord[] = []
      const upTo = new Map<number, number>()
      let left = 0
      for (const partition of partitions) {
        const stretch = stretches.get(partition)
        const at = stretch && indexAfter(stretch, places.get(partition))
        if (stretch === undefined || at === undefined) return undefined
        stretch.askedAtMs = performance.now()
        const { versions } = stretch
        const end = Math.min(versions.length, at + limit - found.length)
        for (const version of versions.slice(at, end)) found.push(version)
        upTo.set(partition, positionOf(stretch.begin) + end)
        left += versions.length - end
      }
      return { versions: found, upTo, left }
    },
    ends(askedSinceMs) {
      for (const [partition, { askedAtMs }] of stretches) if (askedAtMs < askedSinceMs) stretches.delete(partition)
      const places = new Map<number, Place>()
      for (const [partition, stretch] of stretches) {
        const end = endOf(stretch)
        if (end) places.set(partition, end)
      }
      return { partitions: [...stretches.keys()], places }
    },
    add(partitions, from, versions) {
      const read = Map.groupBy(versions, ({ partition }) => partition)
      for (const partition of partitions) addTo(partition, from.get(partition), read.get(partition) ?? [])
    },
    letGo(readers) {
      for (const [partition, stretch] of stretches) {
        const { begin, versions } = stretch
        const reached = readers.flatMap((positions) => positions.get(partition) ?? [])
        const passed = Math.min(versions.length, ...reached.map((position) => position - positionOf(begin)))
        if (passed > 0) stretches.set(partition, { ...stretch, begin: versions[passed - 1], versions: versions.slice(passed) })
      }
    },
    size: () => [...stretches.values()].reduce((sum, { versions }) => sum + versions.length, 0),
    isEmpty: () => stretches.size === 0,
    clear: () => stretches.clear(),
  }
}

const positionOf = (place: Place | undefined): number => place?.position ?? 0
const endOf = ({ begin, versions }: Stretch): Place | undefined => versions.at(-1) ?? begin

/** Undefined: the place is not in the stretch, or in another history. Positions are dense. */
function indexAfter({ begin, versions }: Stretch, place: Place | undefined): number | undefined {
  const index = positionOf(place) - positionOf(begin)
  const standing = index === 0 ? begin : versions[index - 1]
  return index >= 0 && index <= versions.length && standing?.recordedAt === place?.recordedAt ? index : undefined
}
