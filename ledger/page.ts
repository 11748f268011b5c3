// A page is bounded twice: by the number of its items, and by their size, since a thousand large states would fill the memory of whoever answers. So it is read part by part, and a page of
// large items ends early, and says that there is more.
import type { JsonValue } from './json.ts'

export const PART_ITEMS = 100
export const PAGE_CHARACTERS = 8 * 1024 * 1024

export interface Part<Item> {
  readonly items: readonly Item[]
  readonly hasMore: boolean
}

/** The items of the parts read, and the last part, which knows how to go on. `read` is given the part before. */
export async function fillPage<P extends Part<{ readonly state: JsonValue }>>(
  limit: number,
  read: (limit: number, before: P | undefined) => Promise<P>,
): Promise<{ readonly items: readonly P['items'][number][]; readonly last: P }> {
  const items: P['items'][number][] = []
  let last: P | undefined
  let characters = 0
  for (let left = limit; ; left -= PART_ITEMS) {
    last = await read(Math.min(left, PART_ITEMS), last)
    items.push(...last.items)
    for (const { state } of last.items) characters += roughLength(state)
    if (!last.hasMore || left <= PART_ITEMS || characters >= PAGE_CHARACTERS) return { items, last }
  }
}

/** About the length of a value as JSON, without making it. */
export function roughLength(value: JsonValue | undefined): number {
  if (typeof value === 'string') return value.length + 3
  if (typeof value !== 'object' || value === null) return 8
  let length = 2
  for (const [name, member] of Object.entries(value)) length += name.length + 3 + roughLength(member as JsonValue)
  return length
}
