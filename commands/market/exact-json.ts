// JSON from elsewhere, whose numbers stay the text that they were: as a double, 100000000000.01 would lose what follows the point.

const exact = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' ? (context?.source ?? value) : value

/** Undefined: it is no JSON. */
export function parseExact(text: string): unknown {
  try {
    return JSON.parse(text, exact)
  } catch {
    return undefined
  }
}
