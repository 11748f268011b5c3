// docs/reference/views.md: every view, what it is made of, what it shows, and what it can be filtered by.
import { keptShape } from '../../ledger/description/json-schema.ts'
import type { JsonSchema } from '../../ledger/description/component.ts'
import { analytics } from '../../projections/analytics/index.ts'
import type { Projection } from '../../projections/projection.ts'
import { columnName, KEY, MARKS, tableForm } from '../../projections/sinks/table-form.ts'
import { views } from '../../projections/views/index.ts'
import { code, GENERATED, table } from './markdown.ts'
import { memberRows } from './type-name.ts'

/** An intersection's members are those of its parts. */
const partsOf = (schema: JsonSchema): readonly JsonSchema[] => (schema['allOf'] as readonly JsonSchema[] | undefined) ?? [schema]

const members = (shown: Projection['shown']): string =>
  table(
    ['member', 'type', 'always there'],
    partsOf(keptShape(shown))
      .flatMap(memberRows)
      .map(([member, type, required]) => [code(member), type, required ? 'yes' : '']),
  )

function section({ name, version, summary, kinds, filters, spreadBy, parameter, total, shown }: Projection): string {
  return [
    `## ${name}`,
    `${summary}. Version ${version}, of ${kinds.map(code).join(', ')}; filters: ${filters.map(code).join(', ')}; shard key: ${code(spreadBy.member)}, then the key.`,
    ...(parameter ? [`With ${code(parameter.needs)} also ${code(parameter.name)}: ${parameter.description}`] : []),
    members(shown),
    ...(total ? ['`total`, over all documents that match, where one `owner` is asked for:', members(total.shown)] : []),
  ].join('\n\n')
}

function tableSection(projection: Projection): string {
  const { name, version, summary, kinds, clusterBy = [] } = projection
  const clustered = clusterBy.map((by) => (typeof by === 'string' ? code(columnName(by)) : `the day of ${code(columnName(by.dayOf))}`))
  return [
    `### ${name}`,
    `${summary}. Version ${version}, of ${kinds.map(code).join(', ')}${clustered.length > 0 ? `; by ${clustered.join(', ')}, where a sink keeps rows together` : ''}.`,
    table(
      ['column', 'type'],
      [KEY, ...tableForm(projection).columns, ...MARKS].map((column) => [code(column.name), column.type]),
    ),
  ].join('\n\n')
}

export const viewsPage = (): string => `# Views

${GENERATED}

What projections make of the feed, and \`GET /v1/views/NAME\` shows, with the key of each document and the position that it has seen. [Read views](../guides/views.md) says how to ask, [Projections](../guides/projections.md) how to operate them.

${Object.values(views).map(section).join('\n\n')}

## Analytics

Kept as tables, a column per member, [in DuckDB](../guides/sink-duckdb.md) and other sinks of tables. \`GET /v1/views/NAME\` does not show them: they are for questions over many rows.

${Object.values(analytics).map(tableSection).join('\n\n')}
`
