// strata market: bars from a live source into the ledger, until it is told to end.

import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import type { MarketSource } from '../../commands/market/source.ts'
import type { BarInterval } from '../../ledger/entities/bar-period.ts'
import type { FeedCounts } from '../market/record-feed.ts'
import { CommandFailed, EXIT } from '../exit.ts'
import { Interrupted, interruption } from '../interrupt.ts'
import { calendarOption, judgingOf, SPIKE, type JudgingFlags } from '../judging-flags.ts'
import { print, say } from '../output.ts'
import { LEDGER_SETTINGS, settingsOf, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

const SETTINGS = [...LEDGER_SETTINGS, 'lanes'] as const
const SECOND_MS = 1_000
const TOLD_EVERY_MS = 60_000
const MAX_EVERY_SECONDS = 86_400
const DEFAULT_OVERLAP_DAYS = 5
const MAX_OVERLAP_DAYS = 3_650
export const MAX_FEED_SYMBOLS = 1_000

type Options = Flags &
  JudgingFlags & {
    readonly symbols: readonly string[]
    readonly interval: BarInterval
    readonly headers?: string
    readonly overlap: number
    readonly actor: string
    readonly json?: boolean
    readonly every?: number
    readonly once?: true
  }

export function addMarket(program: Command): void {
  const parent = program.command('market').description('bars from a live source into the ledger, until it is told to end')
  const ws = parent.command('ws').description('by WebSocket')
  withFeedFlags(ws, '(ws:// or wss://)').action((url: string, options: Options) => run(options, (headers) => bySocket(url, headers)))
  const poll = parent.command('poll').description('by asking a REST address again and again')
  poll.option('--every <seconds>', 'between two pages (default: 5)', whole(MAX_EVERY_SECONDS)).option('--once', 'end when there is no more')
  withFeedFlags(poll, '(http:// or https://)').action((url: string, options: Options) =>
    run(options, (headers) => byPolling(url, headers, options)),
  )
}

const withFeedFlags = (command: Command, schemes: string): Command =>
  withSettingFlags(
    command
      .argument('<url>', schemes)
      .requiredOption('--symbols <symbols>', 'separated by commas', symbolsArgument)
      .addOption(new Option('--interval <interval>', 'of its bars').choices(['day', 'minute']).default('day'))
      .option('--headers <file>', 'a JSON file of headers that the source wants, such as a key')
      .option('--overlap <days>', 'begin so many days before the newest bars', whole(MAX_OVERLAP_DAYS), DEFAULT_OVERLAP_DAYS)
      .addOption(calendarOption())
      .option('--spike <part>', SPIKE)
      .option('--actor <name>', 'who asks', 'market')
      .option('--json', 'the result as JSON'),
    SETTINGS,
  )

function symbolsArgument(text: string): readonly string[] {
  const symbols = [...new Set(text.split(',').map((symbol) => symbol.trim()))].filter((symbol) => symbol !== '')
  if (symbols.length === 0 || symbols.length > MAX_FEED_SYMBOLS) throw new InvalidArgumentError(`Name 1 to ${MAX_FEED_SYMBOLS}.`)
  return symbols
}

const whole =
  (most: number) =>
  (text: string): number => {
    if (!/^\d{1,9}$/.test(text) || Number(text) > most) throw new InvalidArgumentError(`It must be a whole number up to ${most}.`)
    return Number(text)
  }

type Headers = Readonly<Record<string, string>> | undefined

function urlOf(text: string, schemes: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && schemes.includes(url.protocol)) return url
  throw new CommandFailed(`the URL must begin with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`, { exitCode: EXIT.usage })
}

async function bySocket(text: string, headers: Headers): Promise<MarketSource> {
  const url = urlOf(text, ['ws:', 'wss:'])
  const [{ webSocketSource }, { plainFormat }] = await Promise.all([
    import('../../commands/market/sources/web-socket.ts'),
    import('../../commands/market/plain-format.ts'),
  ])
  return webSocketSource({ url, format: plainFormat, headers })
}

const DEFAULT_EVERY_SECONDS = 5

async function byPolling(
  text: string,
  headers: Headers,
  { every = DEFAULT_EVERY_SECONDS, once = false }: { readonly every?: number; readonly once?: boolean },
): Promise<MarketSource> {
  const url = urlOf(text, ['http:', 'https:'])
  const [{ pollingSource }, { plainFormat }] = await Promise.all([
    import('../../commands/market/sources/polling.ts'),
    import('../../commands/market/plain-format.ts'),
  ])
  return pollingSource({ url, format: plainFormat, headers, everyMs: every * SECOND_MS, once })
}

async function run(
  { symbols, interval, headers, overlap, calendar, spike, actor, json = false, ...flags }: Options,
  open: (headers: Headers) => Promise<MarketSource>,
): Promise<void> {
  const { every: _, once: __, ...settingFlags } = flags
  const judging = judgingOf({ calendar, spike })
  const { lanes } = settingsOf(settingFlags).settings
  const [{ withLedger }, { recordFeed }, { SourceRefused }] = await Promise.all([
    import('../open.ts'),
    import('../market/record-feed.ts'),
    import('../../commands/market/source.ts'),
  ])
  const source = await open(headers === undefined ? undefined : await headersIn(headers))
  const signal = interruption()
  const feed = { source, symbols, interval, judging, actor, overlapDays: overlap, signal, onNews: say, onTaken: teller() }
  try {
    const counts = await withLedger(settingFlags, (ledger) => recordFeed(ledger, feed), { lanes, endsItself: true })
    await (json ? print(JSON.stringify(counts)) : print(textOf(counts)))
  } catch (error) {
    throw error instanceof SourceRefused ? new CommandFailed(`${source.name}: ${error.message}`, { cause: error }) : error
  }
  // Told to end, it has done all that it was to do.
  if (signal.aborted && !(signal.reason instanceof Interrupted)) throw signal.reason
}

const headersSchema = z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string())

async function headersIn(file: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandFailed(`${file} can not be read: ${error.message}`, { cause: error })
  })
  try {
    return headersSchema.parse(JSON.parse(text))
  } catch {
    throw new CommandFailed(`${file} must be a JSON object of headers and their values`, { exitCode: EXIT.usage })
  }
}

const textOf = ({ bars, applied, replayed, stale, rejected, broken }: FeedCounts): string =>
  `${bars} bars: ${applied} applied, ${replayed} there already or without effect, ${stale} stale, ${rejected} rejected; ${broken} connections broke`

/** Tells where it is, not too often. */
function teller(): (counts: FeedCounts) => void {
  let told = performance.now()
  return (counts) => {
    if (performance.now() - told < TOLD_EVERY_MS) return
    told = performance.now()
    say(textOf(counts))
  }
}
