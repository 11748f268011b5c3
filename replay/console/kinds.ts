// What the console knows of each kind, from the registry: a new kind appears in it without a line here.
import { keptShape } from '../../ledger/description/json-schema.ts'
import { kinds } from '../../ledger/entities/index.ts'
import type { Kind } from '../../ledger/kind.ts'

export interface ConsoleField {
  readonly name: string
  /** Of an object, or of each object in a list. */
  readonly fields?: readonly ConsoleField[]
}

export interface ConsoleKind {
  readonly kind: string
  readonly plural: string
  /** An id, to show what one looks like. */
  readonly example?: string
  /** What lists can be filtered by, with the values to choose from, where they are a few. */
  readonly filters: readonly { readonly name: string; readonly values?: readonly string[] }[]
  /** The state's fields, in the order in which people read them: the database keeps them in another one. */
  readonly fields: readonly ConsoleField[]
  /** The same of each event's data. */
  readonly events: Readonly<Record<string, readonly ConsoleField[]>>
}

/** As far as it matters here. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly enum?: readonly string[]
}

export const consoleKinds = (): readonly ConsoleKind[] => Object.values(kinds).map(consoleKind)

function consoleKind({ kind, plural, example, filters, state, events }: Kind): ConsoleKind {
  const shape: Shape = keptShape(state)
  return {
    kind,
    plural,
    ...(example !== undefined && { example }),
    filters: (filters as readonly string[]).map((name) => {
      const values = shape.properties?.[name]?.enum
      return values === undefined ? { name } : { name, values }
    }),
    fields: fieldsOf(shape),
    events: Object.fromEntries(Object.entries(events).map(([name, schema]) => [name, fieldsOf(keptShape(schema))])),
  }
}

const fieldsOf = ({ properties = {} }: Shape): readonly ConsoleField[] =>
  Object.entries(properties).map(([name, shape]) => {
    const fields = fieldsOf(shape.items ?? shape)
    return fields.length === 0 ? { name } : { name, fields }
  })
