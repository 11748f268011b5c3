// strata replay: a view as it was, built into a place of its own.

import type { Command } from 'commander'
import type { Instant } from '../../ledger/instant.ts'
import { instantArgument } from '../arguments.ts'
import { LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

export type ReplayFlags = Flags & {
  readonly view: string
  readonly asOf: Instant
  readonly effectiveAsOf?: Instant
  readonly into: string
  readonly sink?: string
  readonly json?: boolean
}

export function addReplay(program: Command): void {
  const command = program
    .command('replay')
    .description('a view as it was, built into a place of its own')
    .requiredOption('--view <name>', 'the view')
    .requiredOption('--as-of <time>', 'as it was known at a time', instantArgument)
    .option('--effective-as-of <time>', 'of what held at a time, in the order in which it held', instantArgument)
    .requiredOption(
      '--into <url>',
      'memory: prints the documents, a line each; postgres://…?schema=NAME, mongodb://…/DATABASE, duckdb:FILE or snowflake://…/DATABASE/SCHEMA keeps them',
    )
    .option('--sink <name>', 'leaves out the versions that were skipped there; default: postgres, of an analytics view duckdb')
    .option('--json', 'what was done, as JSON')
  withSettingFlags(command, [...LEDGER_SETTINGS, 'duckdbPath', 'snowflakeUrl']).action(async (flags: ReplayFlags) => {
    const { replayInto } = await import('../replay.ts')
    await replayInto(flags)
  })
}
