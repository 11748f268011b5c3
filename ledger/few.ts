// A map for a few entries, as a unit of work has: in two arrays, searched from the front, up to a handful; in a Map beyond. (Four Maps per command were a fifth of what a command takes in a
// process, most of it garbage collection.)

const HANDFUL = 8

/** What is left when nothing can be added. */
export interface ReadonlyFew<Key, Value> {
  get(key: Key): Value | undefined
  has(key: Key): boolean
  /** In the order in which keys were first set. */
  forEach(visit: (value: Value, key: Key) => void): void
}

export class Few<Key, Value> implements ReadonlyFew<Key, Value> {
  // Made at the first entry, with room for just that: an array that starts empty takes room for 17, and most units write one entity.
  #keys: Key[] | undefined
  #values: Value[] | undefined
  #places: Map<Key, number> | undefined

  #place(key: Key): number {
    return this.#places ? (this.#places.get(key) ?? -1) : (this.#keys?.indexOf(key) ?? -1)
  }

  get(key: Key): Value | undefined {
    const place = this.#place(key)
    return place < 0 ? undefined : this.#values?.[place]
  }

  has(key: Key): boolean {
    return this.#place(key) >= 0
  }

  set(key: Key, value: Value): void {
    if (!this.#keys || !this.#values) {
      this.#keys = [key]
      this.#values = [value]
      return
    }
    const place = this.#place(key)
    if (place >= 0) this.#values[place] = value
    else {
      this.#places?.set(key, this.#keys.length)
      this.#keys.push(key)
      this.#values.push(value)
      if (this.#keys.length === HANDFUL) this.#places = new Map(this.#keys.map((each, n) => [each, n]))
    }
  }

  forEach(visit: (value: Value, key: Key) => void): void {
    this.#keys?.forEach((key, n) => visit(this.#values?.[n] as Value, key))
  }
}
