// `strata import lobster FILE`: a day's message file of LOBSTER, plain or gzipped, into a ledger. What day it was, and of what, says the file's name, or the caller. Two passes: the first finds
// the orders that were there before the first row.
//
// Order ids are those of the day, so another day goes to another owner: to the same one its orders are refused where an id is used again, and never mixed.
import { basename } from 'node:path'
import { ownerSchema } from '../../ledger/entity-id.ts'
import type { Ledger } from '../../ledger/index.ts'
import { textSchema } from '../../ledger/text.ts'
import { CommandFailed, EXIT } from '../exit.ts'
import { lineKey, type ImportLine } from './import-line.ts'
import { lobsterTranslator, openingsOf, type LobsterMarket, type Translate } from './lobster.ts'
import { newYorkDay } from './new-york.ts'
import { importLines, type ImportResult, type OnProgress } from './run.ts'
import { textLines, type TextLine } from './text-lines.ts'

export const DEFAULT_OWNER = 'market'
export const DEFAULT_ACTOR = 'import-lobster'

export interface LobsterOptions {
  readonly owner?: string | undefined
  /** Default: from the file's name. */
  readonly instrument?: string | undefined
  /** The day in New York, `2012-06-21`. Default: from the file's name. */
  readonly date?: string | undefined
  readonly actor?: string | undefined
}

/** `AAPL_2012-06-21_34200000_37800000_message_50.csv`, as LOBSTER names its files. */
const FILE_NAME = /^([^_]+)_(\d{4}-\d\d-\d\d)_\d+_\d+_message_\d+\.csv(?:\.gz)?$/

/** What the file is about. Throws a usage error that says what is missing or wrong. */
export function marketOf(file: string, { owner = DEFAULT_OWNER, instrument, date }: LobsterOptions): LobsterMarket {
  const [, namedInstrument, namedDate] = FILE_NAME.exec(basename(file)) ?? []
  const instrumentOf = instrument ?? namedInstrument
  const dateOf = date ?? namedDate
  const missing = [...(instrumentOf === undefined ? ['--instrument'] : []), ...(dateOf === undefined ? ['--date'] : [])]
  if (instrumentOf === undefined || dateOf === undefined)
    throw usage(
      `${basename(file)} is not named as LOBSTER names its files (AAPL_2012-06-21_34200000_37800000_message_50.csv): give ${missing.join(' and ')}`,
    )
  const clock = newYorkDay(dateOf)
  if (!clock) throw usage(`--date ${JSON.stringify(dateOf)} is not a day; write it as 2012-06-21`)
  if (!textSchema().safeParse(instrumentOf).success) throw usage('--instrument must have 1 to 1000 characters')
  if (!ownerSchema.safeParse(owner).success) throw usage('--owner must be 1 to 64 characters of A-Z a-z 0-9 . _ ~ @ -')
  return { owner, instrument: instrumentOf, clock }
}

const usage = (message: string): CommandFailed => new CommandFailed(message, { exitCode: EXIT.usage })

export async function importLobster(
  ledger: Ledger,
  file: string,
  options: LobsterOptions = {},
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<ImportResult> {
  const market = marketOf(file, options)
  const { openings, see } = openingsOf(market.clock)
  let total = 0
  for await (const { line, bytes } of textLines(file)) {
    if (bytes) see(textOf(bytes))
    total = line
    if (signal?.aborted) break
  }
  return importLines({
    ledger,
    lines: importLinesOf(textLines(file), lobsterTranslator(market, openings)),
    total,
    envelope: { actor: options.actor ?? DEFAULT_ACTOR },
    onProgress,
    signal,
  })
}

const IMPORTER = 'lobster'
/** About what one command takes. */
const COMMAND_BYTES = 300

async function* importLinesOf(lines: AsyncIterable<TextLine>, translate: Translate): AsyncGenerator<ImportLine> {
  for await (const { line, bytes } of lines) {
    if (bytes?.length === 0) continue
    const made = bytes ? translate(line, textOf(bytes), lineKey(IMPORTER, line, bytes)) : { refused: 'the line is too long' }
    if ('refused' in made) yield { line, place: line, bytes: 0, commands: [], refused: made.refused }
    else yield { line, place: line, bytes: made.length * COMMAND_BYTES, commands: made }
  }
}

/** A row is ASCII; what is not, is no number, and refused as such. */
const textOf = (bytes: Buffer): string => bytes.toString('latin1')
