// Whether two JSON values are the same: every member, every element, every digit; the order of members apart.

export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  for (const name of names) {
    if (!Object.hasOwn(b, name)) return false
    if (!equalJson((a as Readonly<Record<string, unknown>>)[name], (b as Readonly<Record<string, unknown>>)[name])) return false
  }
  return true
}

/** The value as it comes back once it was stored: without members that are undefined. */
export const asStored = (value: object): object => JSON.parse(JSON.stringify(value)) as object
