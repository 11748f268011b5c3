// strata submit: one command, in the bulk form's words; its receipt.

import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { text as readText } from 'node:stream/consumers'
import type { Receipt } from '../../commands/submit/answer.ts'
import type { Submission } from '../../commands/submit/parse.ts'
import { countArgument, instantArgument } from '../arguments.ts'
import { CommandFailed, EXIT, problemFailure } from '../exit.ts'
import { nearest } from '../nearest.ts'
import { print, say } from '../output.ts'
import { LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & {
  readonly key?: string
  readonly expectedVersion?: number
  readonly effectiveAt?: string
  readonly actor: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function addSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description('one command, e.g. submit Deposit account:alice:USD \'{"amount":"100"}\'')
    .argument('<command>', 'SubmitTrade, Deposit, EditTicket …')
    .argument('<entity>', 'kind:owner:local; kind:owner where the command makes it and an id is to be made')
    .argument('[json]', "the command's data; -: from stdin", '{}')
    .option('--key <key>', 'idempotency key: the same again is applied once', visible)
    .option('--expected-version <n>', "refused unless that is the entity's version (0: not there yet)", countArgument)
    .option('--effective-at <time>', 'when it holds; default: when it is recorded', timeAsGiven)
    .option('--actor <name>', 'who asks', visible, 'local')
    .option('--dry-run', 'decide, and append nothing')
    .option('--json', 'the receipt that HTTP answers')
  withSettingFlags(command, LEDGER_SETTINGS).action(submitCommand)
}

async function submitCommand(name: string, entity: string, json: string, { json: asJson = false, ...options }: Options): Promise<void> {
  const submission = await submissionOf(name, entity, json === '-' ? await readText(process.stdin) : json, options, asJson)
  const [{ submitter }, { failed }, { withLedger }] = await Promise.all([
    import('../../commands/submit/submitter.ts'),
    import('../../commands/submit/answer.ts'),
    import('../open.ts'),
  ])
  const { key: _, expectedVersion: __, effectiveAt: ___, ...flags } = options
  await withLedger(flags, async (ledger) => {
    let fault: unknown
    const answer = await submitter(ledger, (error) => (fault = error)).submit(submission)
    if (fault !== undefined) throw fault
    if (failed(answer)) throw problemFailure(answer.problem, asJson)
    if (answer.replayed) say('replayed: the command had been applied before')
    if (asJson) await print(JSON.stringify(answer.receipt))
    else await printReceipt(answer.receipt)
  })
}

async function submissionOf(name: string, entityId: string, text: string, options: Options, asJson: boolean): Promise<Submission> {
  const [{ commands, commandNamed }, { isProblem, parseLine }, { parseJson }] = await Promise.all([
    import('../../commands/registry.ts'),
    import('../../commands/submit/parse.ts'),
    import('../../commands/http/json.ts'),
  ])
  if (!commandNamed(name)) {
    const names = commands.map((command) => command.name)
    throw usage(`${name} is not a command; did you mean ${nearest(name, names)}? There are ${names.join(', ')}`)
  }
  const json = parseJson(Buffer.from(text))
  if ('problem' in json) throw usage(`the data ${json.problem.detail.replace(/^the body /, '')}: ${shortened(text)}`)
  const { key, expectedVersion, effectiveAt, actor, dryRun = false } = options
  const line = {
    command: name,
    entityId,
    data: json.value,
    ...(key !== undefined && { commandId: key }),
    ...(expectedVersion !== undefined && { expectedVersion }),
    ...(effectiveAt !== undefined && { effectiveAt }),
  }
  const submission = parseLine(line, { actor, dryRun }, Buffer.byteLength(text))
  if (isProblem(submission)) throw problemFailure(submission, asJson)
  return submission
}

async function printReceipt({ commandId, dryRun, versions }: Receipt): Promise<void> {
  if (versions.length === 0) return print('nothing changed')
  await print(`command ${commandId}${dryRun ? ' (dry run: nothing was appended)' : ''}`)
  for (const { entityId, version, event } of versions) await print(`${entityId}  v${version}  ${event}`)
}

const usage = (message: string): CommandFailed => new CommandFailed(message, { exitCode: EXIT.usage })

const MAX_SHOWN_CHARACTERS = 80
const shortened = (text: string): string => (text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`)

/** Checked, and not changed: a key belongs to the command as it was given. */
function timeAsGiven(text: string): string {
  instantArgument(text)
  return text
}

/** As in HTTP's headers. */
const VISIBLE = /^[\x21-\x7e]{1,255}$/

function visible(text: string): string {
  if (VISIBLE.test(text)) return text
  throw new InvalidArgumentError('It must be 1 to 255 visible ASCII characters.')
}
