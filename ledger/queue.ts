// The queue of group commit: works in the order they came, each waiting for all of its partitions. Per partition nothing overtakes; a partition is in at most one batch at a time.
// Plain data structure: no clock, no waiting.

export interface Queued {
  /** Order of arrival, and so of effect. */
  readonly serial: number
  readonly bytes: number
  /** Ascending; may be widened while the work is not queued. */
  partitions: readonly number[]
}

export interface PartitionQueue<Item extends Queued> {
  readonly length: number
  readonly bytes: number
  /** Partitions that are in no batch now. */
  readonly freePartitions: number
  /** The one that waits longest. */
  readonly oldest: Item | undefined
  /** Puts an item at the place its serial gives it. */
  add(item: Item): void
  /** Takes the oldest items whose partitions are all free, and holds these partitions. None: nothing can be taken now. */
  take(limits: BatchLimits): readonly Item[]
  /** Frees partitions taken before. */
  free(partitions: Iterable<number>): void
}

export interface BatchLimits {
  readonly items: number
  readonly bytes: number
  /** One item with more partitions than this goes alone. */
  readonly partitions: number
}

/** A first-in first-out list that shifts in constant time. */
class Line<Item extends Queued> {
  #items: (Item | undefined)[] = []
  #start = 0
  get head(): Item | undefined {
    return this.#items[this.#start]
  }
  add(item: Item): void {
    let at = this.#items.length
    while (at > this.#start && (this.#items[at - 1]?.serial ?? 0) > item.serial) at--
    if (at === this.#items.length) this.#items.push(item)
    else this.#items.splice(at, 0, item)
  }
  shift(): void {
    this.#items[this.#start++] = undefined // or it would be kept in memory until the list is cut
    if (this.#start > 1_000 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start)
      this.#start = 0
    }
  }
}

export function partitionQueue<Item extends Queued>(partitions: number): PartitionQueue<Item> {
  const lines = Array.from({ length: partitions }, () => new Line<Item>())
  const inFlight = new Set<number>()
  let length = 0
  let bytes = 0

  /** The oldest head among the partitions that are free and not stopped. */
  const oldest = (stopped: ReadonlySet<number>, held: ReadonlySet<number>): Item | undefined => {
    let found: Item | undefined
    for (let partition = 0; partition < partitions; partition++) {
      if (stopped.has(partition) || (inFlight.has(partition) && !held.has(partition))) continue
      const head = lines[partition]?.head
      if (head && (!found || head.serial < found.serial)) found = head
    }
    return found
  }

  return {
    get length() {
      return length
    },
    get bytes() {
      return bytes
    },
    get freePartitions() {
      return partitions - inFlight.size
    },
    get oldest() {
      return lines.reduce<Item | undefined>((found, { head }) => (head && (!found || head.serial < found.serial) ? head : found), undefined)
    },
    add(item) {
      for (const partition of item.partitions) lines[partition]?.add(item)
      length++
      bytes += item.bytes
    },
    take(limits) {
      const taken: Item[] = []
      const held = new Set<number>()
      const stopped = new Set<number>()
      let takenBytes = 0
      for (let item = oldest(stopped, held); item !== undefined; item = oldest(stopped, held)) {
        const next = item
        const more = next.partitions.filter((partition) => !held.has(partition))
        const wide = held.size + more.length > limits.partitions
        const mayGo =
          next.partitions.every((partition) => lines[partition]?.head === next && (!inFlight.has(partition) || held.has(partition))) &&
          (!wide || taken.length === 0) &&
          (taken.length === 0 || takenBytes + next.bytes <= limits.bytes)
        if (!mayGo) {
          // Nothing behind it may pass it: its partitions are done for this batch.
          for (const partition of next.partitions) stopped.add(partition)
          continue
        }
        for (const partition of next.partitions) lines[partition]?.shift()
        for (const partition of more) {
          held.add(partition)
          inFlight.add(partition)
        }
        taken.push(next)
        takenBytes += next.bytes
        if (wide || taken.length >= limits.items) break
      }
      length -= taken.length
      bytes -= takenBytes
      return taken
    },
    free(freed) {
      for (const partition of freed) inFlight.delete(partition)
    },
  }
}
