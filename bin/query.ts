// Promises: named queries on the command line: a command per query with a flag per parameter, out of the registry; what is wrong with them is a usage error, before anything is opened.

import { Command } from 'commander'
import { queryOf } from '../ledger/request.ts'
import { queries } from '../projections/queries/index.ts'
import type { Answer, Given, Query } from '../projections/queries/query.ts'
import { listedQuery, parametersOf } from '../projections/serving/query-operation.ts'
import { analystNamed, QUERY_TIMEOUT_MS } from '../projections/serving/query-routes.ts'
import { analysts } from './analysts.ts'
import { answerTable } from './answer-table.ts'
import { CommandFailed, EXIT } from './exit.ts'
import { interruption, untilInterrupted } from './interrupt.ts'
import { aligned, print, say } from './output.ts'
import { reading } from './read-failure.ts'
import { ALL_SETTINGS, type GoodSettings, LEDGER_SETTINGS, settingsOf, withSettingFlags } from './setting-flags.ts'
import type { Flags, SettingName } from './settings.ts'

const SINK_SETTINGS: readonly SettingName[] = ['duckdbPath', 'snowflakeUrl']
const SETTINGS = ALL_SETTINGS.filter((name) => LEDGER_SETTINGS.includes(name) || SINK_SETTINGS.includes(name))

type Options = Flags & Readonly<Record<string, unknown>> & { readonly sink?: string; readonly json?: boolean }

/** Runs `strata query` with the words after it. */
export async function query(words: readonly string[]): Promise<void> {
  await queryProgram().parseAsync(words, { from: 'user' })
}

function queryProgram(): Command {
  const program = new Command('strata query')
    .description('the answer to a named query, from the analytics')
    .usage('[name] [options]')
    .exitOverride()
    .showHelpAfterError('(strata query NAME --help says more)')
    .helpCommand(false)
    .argument('[name]', 'the query')
    .option('--json', 'a query a line, with its parameters')
    .action(listQueries)
  for (const one of Object.values(queries)) addOne(program, one)
  return program
}

/** tradeId: --trade-id */
const flagOf = (name: string): string => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

function addOne(program: Command, one: Query): void {
  const command = program.command(one.name).description(one.summary)
  for (const { name, description = '', required } of parametersOf(one)) {
    const flag = `${flagOf(name)} <value>`
    if (required) command.requiredOption(flag, description)
    else command.option(flag, description)
  }
  command
    .option('--sink <name>', 'who answers, duckdb or snowflake; default: the first one there is')
    .option('--json', 'a row a line, as HTTP answers them')
  withSettingFlags(command, SETTINGS).action((options: Options) => run(one, options))
}

async function listQueries(name: string | undefined, { json = false }: { readonly json?: boolean }): Promise<void> {
  const all = Object.values(queries)
  if (name !== undefined)
    throw new CommandFailed(`there is no query ${name}: there are ${all.map((one) => one.name).join(', ')}`, { exitCode: EXIT.usage })
  const lines = json ? all.map((one) => JSON.stringify(listedQuery(one))) : aligned(all.map((one) => [one.name, one.summary]))
  for (const line of lines) await print(line)
}

async function run(one: Query, { sink, json = false, ...options }: Options): Promise<void> {
  const names = parametersOf(one).map(({ name }) => name)
  const given = Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)))
  const flags = Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name))) as Flags
  const answer = await reading(json, () => ask(settingsOf(flags), one, queryOf(one.parameters, given), sink))
  const lines = json ? answer.data.map((row) => JSON.stringify(row)) : answerTable(one, answer)
  for (const line of lines) await print(line)
  if (answer.hasMore) say('there is more: narrow it down, or ask for more with --limit')
}

async function ask(settings: GoodSettings, one: Query, given: Given, sink: string | undefined): Promise<Answer> {
  const found = analystNamed(await analysts(settings), sink)
  await using analyst = await found.open()
  const rows = await untilInterrupted(analyst.select(one.select(given), { timeoutMs: QUERY_TIMEOUT_MS, signal: interruption() }))
  return one.answer(rows, given)
}
