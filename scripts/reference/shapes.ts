// docs/reference/schemas: a JSON Schema for the state of every kind and the data of every event, in a folder per schema version. Those of today's version are generated; those of earlier ones stay.
import { hoist, type JsonSchema } from '../../ledger/description/component.ts'
import { keptShape } from '../../ledger/description/json-schema.ts'
import { kinds } from '../../ledger/entities/index.ts'
import type { Kind } from '../../ledger/kind.ts'

export const SHAPES_FOLDER = 'schemas'
const DRAFT = 'https://json-schema.org/draft/2020-12/schema'

export const versionFolder = ({ kind }: Pick<Kind, 'kind'>, version: number): string => `${SHAPES_FOLDER}/${kind}/v${version}`

/** Of today's version, from docs/reference. `name`: an event's, or `state`. */
export const shapePath = (kind: Kind, name: string): string => `${versionFolder(kind, kind.schemaVersion)}/${name}.json`

function standalone({ kind, schemaVersion }: Kind, name: string, schema: JsonSchema): JsonSchema {
  const found = new Map<string, unknown>()
  const body = hoist(schema, '#/$defs/', found) as JsonSchema
  return {
    $schema: DRAFT,
    $id: `urn:strata:schema:${kind}:${schemaVersion}:${name}`,
    title: name === 'state' ? `State of a ${kind}` : name,
    ...body,
    ...(found.size > 0 && { $defs: Object.fromEntries(found) }),
  }
}

/** Every shape of a kind's today's version, by its name. */
export const shapesOf = (kind: Kind): ReadonlyMap<string, JsonSchema> =>
  new Map(
    [['state', kind.state] as const, ...Object.entries(kind.events)].map(([name, schema]) => [
      name,
      standalone(kind, name, keptShape(schema)),
    ]),
  )

/** By path from docs/reference. */
export const shapeFiles = (): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(Object.values(kinds).flatMap((kind) => [...shapesOf(kind)].map(([name, schema]) => [shapePath(kind, name), schema])))
