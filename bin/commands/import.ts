// strata import: a file becomes commands, each applied once however often it is run.

import type { Command } from 'commander'
import type { Ledger } from '../../ledger/index.ts'
import type { FixBreak } from '../import/fix.ts'
import type { ImportResult, OnProgress, Progress } from '../import/run.ts'
import { EXIT } from '../exit.ts'
import { interruption } from '../interrupt.ts'
import { print, say } from '../output.ts'
import { calendarOption, judgingOf, SPIKE, type JudgingFlags } from '../judging-flags.ts'
import { LEDGER_SETTINGS, settingsOf, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Common = Flags & { readonly actor?: string; readonly json?: boolean }
type LobsterFlags = Common & { readonly owner?: string; readonly instrument?: string; readonly date?: string }
type FixFlags = Common & { readonly owner?: string }
type OhlcFlags = Common & JudgingFlags & { readonly instrument?: string }
/** `breaks`: what the file itself says twice, and differently. `flags`: how many bars were kept with each. */
type Result = ImportResult & { readonly breaks?: readonly FixBreak[]; readonly flags?: Readonly<Record<string, number>> }
type Import = (ledger: Ledger, onProgress: OnProgress, signal: AbortSignal) => Promise<Result>

const SETTINGS = [...LEDGER_SETTINGS, 'lanes'] as const
const MAX_SHOWN_REJECTS = 20

export function addImport(program: Command): void {
  const parent = program.command('import').description('a file of commands, or of a market, into the ledger; run twice: changes nothing')
  const ndjson = parent
    .command('ndjson')
    .description('lines in the form of POST /v1/commands (.ndjson, .ndjson.gz)')
    .argument('<file>')
    .option('--actor <name>', 'who asks (default: import-ndjson)')
    .option('--json', 'the result as JSON')
  withSettingFlags(ndjson, SETTINGS).action(importNdjsonFile)
  const lobster = parent
    .command('lobster')
    .description("LOBSTER's message file of a day (.csv, .csv.gz)")
    .argument('<file>')
    .option('--owner <owner>', 'whose trades they become (default: market)')
    .option('--instrument <name>', "default: from the file's name")
    .option('--date <day>', "the day in New York, 2012-06-21; default: from the file's name")
    .option('--actor <name>', 'who asks (default: import-lobster)')
    .option('--json', 'the result as JSON')
  withSettingFlags(lobster, SETTINGS).action(importLobsterFile)
  const fix = parent
    .command('fix')
    .description("a broker's FIX log: orders and execution reports (.log, .log.gz)")
    .argument('<file>')
    .option('--owner <owner>', 'whose trades they become (default: who sent the order)')
    .option('--actor <name>', 'who asks (default: import-fix)')
    .option('--json', 'the result as JSON')
  withSettingFlags(fix, SETTINGS).action(importFixFile)
  const ohlc = parent
    .command('ohlc')
    .description('bars with a header: a file (.csv, .csv.gz), a folder of them, or a tar archive')
    .argument('<path>')
    .option('--instrument <name>', "of rows that do not name it (default: from the file's name)")
    .addOption(calendarOption())
    .option('--spike <part>', SPIKE)
    .option('--actor <name>', 'who asks (default: import-ohlc)')
    .option('--json', 'the result as JSON')
  withSettingFlags(ohlc, SETTINGS).action(importOhlcFiles)
}

async function importNdjsonFile(file: string, { actor, json = false, ...flags }: Common): Promise<void> {
  const { importNdjson } = await import('../import/ndjson.ts')
  await runImport(flags, json, (ledger, onProgress, signal) => importNdjson(ledger, file, { actor }, onProgress, signal))
}

async function importLobsterFile(file: string, { owner, instrument, date, actor, json = false, ...flags }: LobsterFlags): Promise<void> {
  const { importLobster, marketOf } = await import('../import/lobster-file.ts')
  const options = { owner, instrument, date, actor }
  marketOf(file, options) // wrong arguments are told before anything is opened
  await runImport(flags, json, (ledger, onProgress, signal) => importLobster(ledger, file, options, onProgress, signal))
}

async function importFixFile(file: string, { owner, actor, json = false, ...flags }: FixFlags): Promise<void> {
  const { checkFixOptions, importFix } = await import('../import/fix-file.ts')
  const options = { owner, actor }
  checkFixOptions(options)
  await runImport(flags, json, (ledger, onProgress, signal) => importFix(ledger, file, options, onProgress, signal))
}

async function importOhlcFiles(path: string, { instrument, calendar, spike, actor, json = false, ...flags }: OhlcFlags): Promise<void> {
  const { importOhlc } = await import('../import/ohlc-file.ts')
  const options = { instrument, actor, judging: judgingOf({ calendar, spike }) }
  await runImport(flags, json, (ledger, onProgress, signal) => importOhlc(ledger, path, options, onProgress, signal))
}

async function runImport(flags: Flags, json: boolean, run: Import): Promise<void> {
  const { lanes } = settingsOf(flags).settings
  const [{ withLedger }, { progressBar, clockText }] = await Promise.all([import('../open.ts'), import('../progress-bar.ts')])
  const signal = interruption()
  const bar = progressBar('importing')
  const note = ({ rows, rejected, rowsPerSecond, secondsLeft }: Progress): string =>
    `${rows} rows, ${rejected} rejected, ${Math.round(rowsPerSecond)}/s, ${secondsLeft === undefined ? '' : `${clockText(secondsLeft)} left`}`
  const onProgress: OnProgress = (progress) => bar.update(progress.place, progress.total, note(progress))
  const work = (ledger: Ledger): Promise<Result> => run(ledger, onProgress, signal).finally(() => bar.stop())
  const result = await withLedger(flags, work, { lanes, endsItself: true })
  await (json ? print(JSON.stringify(result)) : printResult(result))
  for (const one of result.breaks ?? []) say(breakText(one))
  signal.throwIfAborted()
  if (result.rejected > 0 || result.stopped !== undefined) process.exitCode = EXIT.failed
}

const breakText = ({ entityId, orderId, line, executedQuantity, cumQty }: FixBreak): string =>
  `break: ${executedQuantity} of ${entityId} (${orderId}) are executed, and line ${line} says ${cumQty}`

async function printResult({ rows, applied, replayed, rejected, rejects, stopped, flags = {} }: Result): Promise<void> {
  await print(`${rows} rows: ${applied} applied, ${replayed} there already or without effect, ${rejected} rejected`)
  const flagged = Object.entries(flags).map(([flag, count]) => `${count} ${flag}`)
  if (flagged.length > 0) say(`flagged: ${flagged.join(', ')}`)
  for (const { line, reason } of rejects.slice(0, MAX_SHOWN_REJECTS)) say(`line ${line}: ${reason}`)
  if (rejected > MAX_SHOWN_REJECTS) say(`… and ${rejected - MAX_SHOWN_REJECTS} more; --json shows the first ${rejects.length}`)
  if (stopped !== undefined) say(`strata: the import stopped: ${stopped}; run it again, and it goes on`)
}
