// docs/reference/commands.md: every command, its route, its fields and the codes it can be refused with.
import { z } from 'zod'
import type { CommandDefinition } from '../../commands/command.ts'
import { commands } from '../../commands/registry.ts'
import { askedShape } from '../../ledger/description/json-schema.ts'
import { kinds } from '../../ledger/entities/index.ts'
import { code, GENERATED, table } from './markdown.ts'
import { memberRows } from './type-name.ts'

/** Members that have a value where they are left out. */
function fallbacks({ data }: CommandDefinition): Readonly<Record<string, unknown>> {
  const { properties = {} } = z.toJSONSchema(data, { io: 'output', unrepresentable: 'any' })
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, made]) =>
      typeof made === 'object' && made.default !== undefined ? [[name, made.default]] : [],
    ),
  )
}

/** The members of a body: what names the entity first, then the data that the path does not have. */
function fieldsOf(command: CommandDefinition): readonly (readonly string[])[] {
  const otherwise = fallbacks(command)
  const own = memberRows(askedShape(command.data))
    .filter(([name]) => !command.route.includes(`{${name}}`))
    .map(([name, type, required]) => {
      const fallback = otherwise[name] === undefined ? '' : `, default ${code(JSON.stringify(otherwise[name]))}`
      return [code(name), type + fallback, required ? 'yes' : '']
    })
  if (command.creates) return [[code('owner'), 'owner', 'yes'], [code(command.creates.local), 'local id: made if left out', ''], ...own]
  return command.entityIn ? [[code(command.entityIn), `id of the ${command.kind}`, 'yes'], ...own] : own
}

function commandSection(command: CommandDefinition): string {
  const { name, route, summary, rejections = [] } = command
  const fields = fieldsOf(command)
  return [
    `### ${name}`,
    `\`POST /v1${route}\``,
    ...(summary === undefined ? [] : [`${summary}.`]),
    fields.length > 0 ? table(['field', 'type', 'required'], fields) : 'No fields.',
    ...(rejections.length > 0 ? [`Refused with ${rejections.map((one) => code(one)).join(', ')}.`] : []),
  ].join('\n\n')
}

export function commandsPage(): string {
  const sections = Object.values(kinds).map(
    ({ kind }) =>
      `## ${kind}\n\n${commands
        .filter((command) => command.kind === kind)
        .map(commandSection)
        .join('\n\n')}`,
  )
  return `# Commands

${GENERATED}

Each command has one route, and takes \`effectiveAt\` (RFC 3339) besides the fields below. Ids, times and decimals are text; a decimal is up to 20 digits, and up to 18 after the point. In the bulk form, \`POST /v1/commands\`, the name of the command stands in
\`command\`, the id that the route has in its path (or, on a create, owner and local part) in \`entityId\`, and the other fields in \`data\`. What commands append is in [Events](events.md), codes of refusals are in [Problems](problems.md).

${sections.join('\n\n')}
`
}
