// docs/reference/settings.md: every setting, its flag, default and meaning.
import { readSettings, settingsList } from '../../bin/settings.ts'
import { code, GENERATED, table } from './markdown.ts'

export function settingsPage(): string {
  const read = readSettings({})
  if (!read.ok) throw new Error(read.problems.join('\n'))
  const { settings } = read
  const rows = settingsList.map(({ name, environment, flag, description }) => {
    const fallback = settings[name]
    return [code(environment), code(flag), fallback === undefined ? '' : code(String(fallback)), description]
  })
  return `# Settings

${GENERATED}

From the environment, or the flag of the same name, which beats it; an empty value counts as none. Each may stand in a file instead, without the line end: \`STRATA_DATABASE_URL_FILE\` names the file that holds the value of \`STRATA_DATABASE_URL\`, and so on. \`strata config\` prints each value and where it came from, secrets masked. An unknown \`STRATA_\` name is an error, as is a value that is not allowed.

${table(['environment', 'flag', 'default', 'meaning'], rows)}

Traces are switched on by OpenTelemetry's own variables: [Monitor](../guides/monitor.md#traces).
`
}
