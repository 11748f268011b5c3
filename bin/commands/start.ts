// strata start: the server.

import type { Command } from 'commander'
import { ALL_SETTINGS, settingsOf, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & { readonly demo?: boolean; readonly migrate?: boolean }

export function addStart(program: Command): void {
  const command = program
    .command('start')
    .description('the server: command API, reads, feed')
    .option('--demo', 'sample data, if the ledger is empty')
    .option('--migrate', "bring the database to this program's schema first (the embedded one always is)")
  withSettingFlags(command, ALL_SETTINGS).action(startServer)
}

async function startServer({ demo = false, migrate = false, ...flags }: Options): Promise<void> {
  const settings = settingsOf(flags)
  const { serve } = await import('../serve.ts')
  await serve({ settings, demo, migrate })
}
