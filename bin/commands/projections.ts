// strata projections: how views are, and what a person says to one: pause, resume, retry, skip, rebuild.

import { Argument, type Command } from 'commander'
import type { ProjectionStatus } from '../../projections/serving/projection-status.ts'
import { countArgument } from '../arguments.ts'
import { CommandFailed, EXIT } from '../exit.ts'
import { aligned, print, say } from '../output.ts'
import { ALL_SETTINGS, LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags, SettingName } from '../settings.ts'

const ACTIONS = ['list', 'pause', 'resume', 'retry', 'skip', 'rebuild'] as const
type Action = (typeof ACTIONS)[number]

const SINK_SETTINGS: readonly SettingName[] = ['mongoUrl', 'kafkaBrokers', 'duckdbPath']
const SETTINGS = ALL_SETTINGS.filter((name) => LEDGER_SETTINGS.includes(name) || SINK_SETTINGS.includes(name))

export type ProjectionsOptions = Flags & {
  readonly sink?: string
  readonly partition?: number
  readonly position?: number
  readonly reason?: string
  readonly actor?: string
  readonly restart?: boolean
  readonly json?: boolean
}

export function addProjections(program: Command): void {
  const command = program
    .command('projections')
    .description('how views are, and what to do about one')
    .addArgument(new Argument('[action]', 'list, or what to do').choices(ACTIONS).default('list'))
    .argument('[name]', 'the view; list takes all of them without it')
    .option('--sink <name>', 'on this sink only; skip and rebuild need it where there are several')
    .option('--partition <n>', 'skip: where the version is that is left out', countArgument)
    .option('--position <n>', 'skip: its position there', countArgument)
    .option('--reason <text>', 'skip: why; the ledger records it')
    .option('--actor <name>', 'who says so; default: the login name')
    .option('--restart', 'rebuild: from the beginning, and not from where an earlier one was ended')
    .option('--json', 'as HTTP answers it')
    .addHelpText('after', HELP)
  withSettingFlags(command, SETTINGS).action(run)
}

const HELP = `
pause stands a view still until resume. retry tries a dead letter again, skip leaves it out for good.
rebuild makes the view anew beside the live one, and swaps it in when it has caught up; ended before that, it goes on where it was when it is run again.`

async function run(action: Action, name: string | undefined, { json = false, ...options }: ProjectionsOptions): Promise<void> {
  if (action !== 'list' && name === undefined) throw usage(`${action} needs the name of a view`)
  if (action === 'rebuild') {
    const { rebuildView } = await import('../rebuild.ts')
    return rebuildView(name ?? '', { json, ...options })
  }
  const [{ withProjections }, { reading }, { userInfo }] = await Promise.all([
    import('../with-projections.ts'),
    import('../read-failure.ts'),
    import('node:os'),
  ])
  const { sink, actor = userInfo().username, partition, position, reason, restart: _, ...flags } = options
  await withProjections(flags, (projections) =>
    reading(json, async () => {
      const to = { name: name ?? '', sink }
      switch (action) {
        case 'list': {
          const found = name === undefined ? await projections.list() : [await projections.one(name)]
          if (json) return print(JSON.stringify(name === undefined ? { data: found } : found[0]))
          return table(found)
        }
        case 'pause':
          return told(await projections.pause(to, actor), json)
        case 'resume':
          return told(await projections.resume(to), json)
        case 'retry':
          return told(await projections.retry(to), json)
        case 'skip': {
          if (partition === undefined || position === undefined || reason === undefined)
            throw usage('skip needs --partition, --position and --reason: `strata projections list NAME` shows dead letters')
          return told(await projections.skip(to, { partition, position, reason, actor }), json)
        }
      }
    }),
  )
}

const usage = (sentence: string): CommandFailed => new CommandFailed(sentence, { exitCode: EXIT.usage })

async function told(status: ProjectionStatus, json: boolean): Promise<void> {
  await (json ? print(JSON.stringify(status)) : table([status]))
}

const DECIMALS = 1

async function table(found: readonly ProjectionStatus[]): Promise<void> {
  const rows = found.flatMap(({ name, sinks }) =>
    sinks.map(({ sink, state, lag, deadLetters, positions, build, error }) => [
      name,
      sink,
      state,
      String(positions.reduce((sum, position) => sum + position, 0)),
      String(lag.versions),
      `${lag.seconds.toFixed(DECIMALS)} s`,
      String(deadLetters.length),
      build ? `builds version ${build.version}: ${build.versions} of ${build.total}` : (error ?? ''),
    ]),
  )
  for (const line of aligned([['VIEW', 'SINK', 'STATE', 'SEEN', 'BEHIND', 'FOR', 'DEAD', ''], ...rows])) await print(line)
  for (const { name, deadLetters } of found)
    for (const { sink, partition, position, entityId, version, error } of deadLetters)
      say(`${name} in ${sink} stops at ${entityId} version ${version}: ${error} (--partition ${partition} --position ${position})`)
}
