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
  readonly #keys: Key[] = []
  readonly #values: Value[] = []
  #places: Map<Key, number> | undefined

  #place(key: Key): number {
    return this.#places ? (this.#places.get(key) ?? -1) : this.#keys.indexOf(key)
  }

  get(key: Key): Value | undefined {
    const place = this.#place(key)
    return place < 0 ? undefined : this.#values[place]
  }

  has(key: Key): boolean {
    return this.#place(key) >= 0
  }

  set(key: Key, value: Value): void {
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
    for (const [n, key] of this.#keys.entries()) visit(this.#values[n] as Value, key)
  }
}
