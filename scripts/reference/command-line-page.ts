// docs/reference/command-line.md: every command of `strata`, as its own help says it.
import type { Argument, Command, Option } from 'commander'
import { EXIT } from '../../bin/exit.ts'
import { program } from '../../bin/program.ts'
import { settingsList } from '../../bin/settings.ts'
import { capitalized } from '../../ledger/description/component.ts'
import { code, GENERATED, table } from './markdown.ts'

const flags: ReadonlySet<string | undefined> = new Set(settingsList.map(({ flag }) => flag))

const argumentText = (argument: Argument): string => {
  const text = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${text}>` : `[${text}]`
}

const defaultText = ({ defaultValue }: Option | Argument): string =>
  defaultValue === undefined ? '' : ` (default: ${code(String(defaultValue))})`

function section(command: Command, parents: readonly string[]): readonly string[] {
  const path = [...parents, command.name()]
  if (command.commands.length > 0) return command.commands.flatMap((sub) => section(sub, path))
  const args = command.registeredArguments
  const own = command.options.filter(({ long }) => !flags.has(long))
  const settings = command.options.filter(({ long }) => flags.has(long))
  const rows = [
    ...args.map((one) => [code(argumentText(one)), one.description + defaultText(one)]),
    ...own.map((one) => [code(one.flags), one.description + defaultText(one)]),
  ]
  return [
    [
      `## ${path.join(' ')}`,
      `${capitalized(command.description())}.`,
      `\`\`\`text\n${[...path, ...args.map(argumentText)].join(' ')} [options]\n\`\`\``,
      ...(rows.length > 0 ? [table(['', 'meaning'], rows)] : []),
      ...(settings.length > 0 ? [`[Settings](settings.md): ${settings.map(({ long }) => code(String(long))).join(', ')}.`] : []),
    ].join('\n\n'),
  ]
}

const meanings: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  failed: 'failed',
  usage: 'wrong usage or settings',
  differences: 'verification found a difference',
  conflict: 'a conflict: other writers were faster, or the entity is at another version',
}

export const commandLinePage = (): string => `# Command line

${GENERATED}

Data on stdout, everything else on stderr. In a checkout the command is \`npm run -s strata --\`. With \`STRATA_DATABASE_URL\` it talks to that ledger; else to the embedded one in \`STRATA_DATA_DIR\`, started if it is not running.

${table(
  ['exit code', 'meaning'],
  Object.entries(EXIT).map(([name, number]) => [String(number), meanings[name as keyof typeof EXIT]]),
)}

${program()
  .commands.flatMap((command) => section(command, ['strata']))
  .join('\n\n')}
`
