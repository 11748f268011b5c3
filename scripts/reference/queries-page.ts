// docs/reference/queries.md: every named query, its parameters, and what it answers; and the tables that it asks.
import { keptShape } from '../../ledger/description/json-schema.ts'
import { analytics } from '../../projections/analytics/index.ts'
import { queries } from '../../projections/queries/index.ts'
import type { Query } from '../../projections/queries/query.ts'
import type { Projection } from '../../projections/projection.ts'
import { parametersOf } from '../../projections/serving/query-operation.ts'
import { columnName } from '../../projections/sinks/table-form.ts'
import { code, GENERATED, table } from './markdown.ts'
import { memberRows, typeName } from './type-name.ts'

const members = (shown: Query['shown']): string =>
  table(
    ['member', 'type', 'always there'],
    memberRows(keptShape(shown)).map(([member, type, required]) => [code(member), type, required ? 'yes' : '']),
  )

const section = (query: Query): string =>
  [
    `## ${query.name}`,
    `${query.summary}.`,
    table(
      ['parameter', 'type', 'required', 'meaning'],
      parametersOf(query).map(({ name, schema, required, description = '' }) => [
        code(name),
        typeName(schema),
        required ? 'yes' : '',
        description,
      ]),
    ),
    members(query.shown),
    ...(query.total ? ['`total`, over all rows, where one `owner` is asked for:', members(query.total)] : []),
  ].join('\n\n')

function tableSection({ name, summary, kinds, columns = {} }: Projection): string {
  const typed = Object.entries(columns).map(([member, type]) => `${code(columnName(member))} ${type}`)
  return [`### ${name}`, `${summary}. Of ${kinds.map(code).join(', ')}.`, `${typed.join(', ')}.`].join('\n\n')
}

export const queriesPage = (): string => `# Queries

${GENERATED}

What \`GET /v1/queries/NAME\` and \`strata query NAME\` answer from the analytics. [Ask the analytics](../guides/queries.md) says how to ask, [Performance](../explanation/performance.md) what the figures mean.

${Object.values(queries).map(section).join('\n\n')}

## Tables

What analytic sinks keep, in DuckDB in small letters, in Snowflake in capitals. Beside its own columns each has \`key\`, and \`_partition\`, \`_position\` and \`_gone\`: what the row has seen, and whether there is nothing any more.
decimal: exact, 38 digits, 18 of them after the point; instant: to the microsecond, in UTC; text that holds a sum is an exact decimal of as many digits as it has.

${Object.values(analytics).map(tableSection).join('\n\n')}
`
