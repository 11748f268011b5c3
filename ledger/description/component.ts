// A shape with a name: wherever it is used, a description of the whole refers to one definition of it. The name travels as a keyword of the shape's own, in zod's metadata and in hand-written
// shapes alike, until whoever assembles a description takes it out (`hoist`).

/** JSON Schema 2020-12, which OpenAPI 3.1 and AsyncAPI 3 use too. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

export interface Component {
  readonly name: string
  readonly schema: JsonSchema
}

const COMPONENT = 'x-component'

/** For `.meta(…)` of a zod schema, or as a shape by itself. The schema says all there is to say: what zod makes of its own is replaced by it. */
export const component = (name: string, schema: JsonSchema): { readonly [COMPONENT]: Component } => ({ [COMPONENT]: { name, schema } })

/** The same value with a reference in place of every named shape; the shapes themselves go to `found`. Throws where one name stands for two shapes. */
export function hoist(value: unknown, prefix: string, found: Map<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => hoist(item, prefix, found))
  if (typeof value !== 'object' || value === null) return value
  const named = (value as { readonly [COMPONENT]?: Component })[COMPONENT]
  if (named === undefined)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => [name, hoist(member, prefix, found)]),
    )
  const schema = hoist(named.schema, prefix, found)
  const before = found.get(named.name)
  if (before === undefined) found.set(named.name, schema)
  else if (JSON.stringify(before) !== JSON.stringify(schema)) throw new Error(`${named.name} stands for two shapes`)
  return { $ref: prefix + named.name }
}

/** `TicketOpened`, `trade` -> `Trade`. */
export const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
/** `trade_history` -> `TradeHistory`. */
export const titled = (name: string): string => name.split('_').map(capitalized).join('')
