// Promises: named queries on the command line: a command per query with a flag per parameter, out of the registry; what is wrong with them is a usage error, before anything is opened.

import { Command } from 'commander'
import { queryOf } from '../ledger/request.ts'
import { queries } from '../projections/queries/index.ts'
import type { Answer, Given, Query } from '../projections/queries/query.ts'
import { listedQuery, parametersOf } from '../projections/serving/query-operation.ts'
import { analystNamed, QUERY_TIMEOUT_MS, type Analyst } from '../projections/serving/query-routes.ts'
import { analysts } from './analysts.ts'
import { answerTable } from './answer-table.ts'
import { CommandFailed, EXIT } from './exit.ts'
import { interruption, untilInterrupted } from './interrupt.ts'
import { aligned, print, say } from './output.ts'
import { reading } from './read-failure.ts'
import { ALL_SETTINGS, LEDGER_SETTINGS, settingsOf, withSettingFlags } from './setting-flags.ts'
import type { Flags, SettingName } from './settings.ts'

const SINK_SETTINGS: readonly SettingName[] = ['duckdbPath', 'snowflakeUrl']
const SETTINGS = ALL_SETTINGS.filter((name) => LEDGER_SETTINGS.includes(name) || SINK_SETTINGS.includes(name))

type Options = Flags & Readonly<Record<string, unknown>> & { readonly sink?: string; readonly json?: boolean }

/** Runs `strata query` with the words after it. `who`: who may be asked. */
export async function query(words: readonly string[], who: typeof analysts = analysts): Promise<void> {
  await queryProgram(who).parseAsync(words, { from: 'user' })
}

function queryProgram(who: typeof analysts): Command {
  const program = new Command('strata query')
    .description('the answer to a named query, from the analytics')
    .usage('[name] [options]')
    .enablePositionalOptions() // `NAME --json` is not ours
    .exitOverride()
    .showHelpAfterError('(strata query NAME --help says more)')
    .helpCommand(false)
    .argument('[name]', 'the query')
    .option('--json', 'a query a line, with its parameters')
    .action(listQueries)
  for (const one of Object.values(queries)) addOne(program, one, who)
  return program
}

/** tradeId: --trade-id */
const flagOf = (name: string): string => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

function addOne(program: Command, one: Query, who: typeof analysts): void {
  const command = program.command(one.name).description(one.summary)
  for (const { name, description = '', required } of parametersOf(one)) {
    const flag = `${flagOf(name)} <value>`
    if (required) command.requiredOption(flag, description)
    else command.option(flag, description)
  }
  command
    .option('--sink <name>', 'who answers, duckdb or snowflake; default: the first one there is')
    .option('--json', 'a row a line, as HTTP answers them')
  withSettingFlags(command, SETTINGS).action(async ({ sink, json = false, ...options }: Options) => {
    const names = Object.keys(one.parameters.shape)
    const given = Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)))
    const flags = Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name))) as Flags
    await reading(json, async () => {
      const checked = queryOf(one.parameters, given)
      const found = analystNamed(await who(settingsOf(flags)), sink)
      await using analyst = await found.open()
      await show(one, await ask(analyst, one, checked), json)
    })
  })
}

async function listQueries(name: string | undefined, { json = false }: { readonly json?: boolean }): Promise<void> {
  const all = Object.values(queries)
  if (name !== undefined)
    throw new CommandFailed(`there is no query ${name}: there are ${all.map((one) => one.name).join(', ')}`, { exitCode: EXIT.usage })
  const lines = json ? all.map((one) => JSON.stringify(listedQuery(one))) : aligned(all.map((one) => [one.name, one.summary]))
  for (const line of lines) await print(line)
}

async function ask(analyst: Analyst, one: Query, given: Given): Promise<Answer> {
  const asked = analyst.select(one.select(given), { timeoutMs: QUERY_TIMEOUT_MS, signal: interruption() })
  return one.answer(await untilInterrupted(asked), given)
}

async function show(one: Query, answer: Answer, json: boolean): Promise<void> {
  const lines = json ? answer.data.map((row) => JSON.stringify(row)) : answerTable(one, answer)
  for (const line of lines) await print(line)
  if (answer.hasMore) say('there is more: narrow it down, or ask for more with --limit')
}
