// docs/reference/events.md: per kind, the fields of its state and of its events, with the shapes that programs can check against.
import type { JsonSchema } from '../../ledger/description/component.ts'
import { keptShape } from '../../ledger/description/json-schema.ts'
import { kinds } from '../../ledger/entities/index.ts'
import type { Kind } from '../../ledger/kind.ts'
import { code, GENERATED, table } from './markdown.ts'
import { shapePath } from './shapes.ts'
import { memberRows } from './type-name.ts'

function fields(schema: JsonSchema): string {
  const rows = memberRows(schema)
  return rows.length === 0
    ? 'No fields.'
    : table(
        ['field', 'type', 'always there'],
        rows.map(([name, type, required]) => [code(name), type, required ? 'yes' : '']),
      )
}

const section = (kind: Kind): string =>
  [
    `## ${kind.kind}`,
    `Schema version ${kind.schemaVersion}. Lists can be filtered by ${['owner', ...kind.filters].map(code).join(', ')}.`,
    `### State of ${kind.kind}`,
    `[JSON Schema](${shapePath(kind, 'state')})`,
    fields(keptShape(kind.state)),
    ...Object.entries(kind.events).flatMap(([event, schema]) => [
      `### ${event}`,
      `[JSON Schema](${shapePath(kind, event)})`,
      fields(keptShape(schema)),
    ]),
  ].join('\n\n')

export const eventsPage = (): string => `# Events and states

${GENERATED}

What a version record has in \`event\`, \`data\` and \`state\`, by kind. Fields that are not always there are left out, never null, unless null is one of their types. Readers should not mind fields that they do not know: a field that may be left out can be added
without a new schema version. Whatever else changes raises \`schemaVersion\`, and an upcaster lifts what is stored to today's shape, so readers get one shape only ([Add a kind](../guides/add-a-kind.md#when-a-shape-changes-later)). The feed as a whole is described in [asyncapi.json](asyncapi.json).

${Object.values(kinds).map(section).join('\n\n')}
`
