// strata config: every setting, its value and where that came from; secrets masked.

import type { Command } from 'commander'
import { aligned, print } from '../output.ts'
import { ALL_SETTINGS, settingsOf, withSettingFlags } from '../setting-flags.ts'
import { settingsTable } from '../settings-table.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & { readonly json?: boolean }

export function addConfig(program: Command): void {
  const command = program.command('config').description('every setting, its value and where that came from').option('--json', 'as JSON')
  withSettingFlags(command, ALL_SETTINGS).action(printSettings)
}

async function printSettings({ json, ...flags }: Options): Promise<void> {
  const rows = settingsTable(settingsOf(flags))
  if (json) return print(JSON.stringify(rows))
  const cells = rows.map(({ name, flag, value, source }) => [name, value === null ? '-' : oneLine(String(value)), source, flag])
  for (const line of aligned([['SETTING', 'VALUE', 'FROM', 'FLAG'], ...cells])) await print(line)
}

/** A key in PEM has many lines. */
const oneLine = (text: string): string => text.trim().replaceAll('\n', '\\n')
