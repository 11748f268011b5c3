// Promises: the whole command line, as commander knows it. Each command's file is light to load, and brings what it needs when it runs.

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addBench } from './commands/bench.ts'
import { addConfig } from './commands/config.ts'
import { addDiff } from './commands/diff.ts'
import { addDoctor } from './commands/doctor.ts'
import { addFeed } from './commands/feed.ts'
import { addHistory } from './commands/history.ts'
import { addImport } from './commands/import.ts'
import { addMarket } from './commands/market.ts'
import { addMigrate } from './commands/migrate.ts'
import { addProjections } from './commands/projections.ts'
import { addQuery } from './commands/query.ts'
import { addReplay } from './commands/replay.ts'
import { addShow } from './commands/show.ts'
import { addStart } from './commands/start.ts'
import { addSubmit } from './commands/submit.ts'
import { addVerify } from './commands/verify.ts'

const EXIT_CODES = `
Settings come from the environment (STRATA_…) or flags: see \`strata config\`. Without STRATA_DATABASE_URL the ledger is in an embedded
PostgreSQL in the data directory (.strata), started if it is not running.
Exit codes: 0 done, 1 failed, 2 usage, 3 verification found a difference, 4 conflict.`

/** In the order in which --help lists them. */
const COMMANDS = [
  addStart,
  addMigrate,
  addDoctor,
  addConfig,
  addSubmit,
  addImport,
  addMarket,
  addShow,
  addHistory,
  addDiff,
  addFeed,
  addProjections,
  addQuery,
  addReplay,
  addVerify,
  addBench,
] as const

export function program(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  const strata = new Command('strata')
    .description('An append-only, event-sourced ledger for trading on PostgreSQL')
    .version(version)
    .enablePositionalOptions() // `show --version 3` is not ours
    .exitOverride()
    .showHelpAfterError('(strata COMMAND --help says more)')
    .addHelpText('after', EXIT_CODES)
  for (const add of COMMANDS) add(strata)
  return strata
}
