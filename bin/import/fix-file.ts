// `strata import fix FILE`: a broker's FIX log, plain or gzipped, into a ledger, and the breaks: the orders whose executions do not come to what the broker says is executed.
import { isUtf8 } from 'node:buffer'
import { stat } from 'node:fs/promises'
import { ownerSchema } from '../../ledger/entity-id.ts'
import type { Ledger } from '../../ledger/index.ts'
import { CommandFailed, EXIT } from '../exit.ts'
import { fixTranslator, type FixBreak, type FixTranslator } from './fix.ts'
import { lineKey, type ImportLine } from './import-line.ts'
import { importLines, type ImportResult, type OnProgress } from './run.ts'
import { textLines, type TextLine } from './text-lines.ts'

export const DEFAULT_ACTOR = 'import-fix'

export interface FixOptions {
  /** Default: who sent the order (SenderCompID). */
  readonly owner?: string | undefined
  readonly actor?: string | undefined
}

export interface FixResult extends ImportResult {
  readonly breaks: readonly FixBreak[]
}

/** Throws a usage error that says what is wrong. */
export function checkFixOptions({ owner }: FixOptions): void {
  if (owner !== undefined && !ownerSchema.safeParse(owner).success)
    throw new CommandFailed('--owner must be 1 to 64 characters of A-Z a-z 0-9 . _ ~ @ -', { exitCode: EXIT.usage })
}

export async function importFix(
  ledger: Ledger,
  file: string,
  options: FixOptions = {},
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<FixResult> {
  checkFixOptions(options)
  const { translate, breaks } = fixTranslator(options)
  const lines = importLinesOf(textLines(file), translate)
  const { size } = await stat(file).catch((error: Error) => {
    throw new CommandFailed(`${file} can not be read: ${error.message}`, { cause: error })
  })
  const result = await importLines({ ledger, lines, total: size, envelope: { actor: options.actor ?? DEFAULT_ACTOR }, onProgress, signal })
  return { ...result, breaks: breaks() }
}

const IMPORTER = 'fix'
/** About what one command takes. */
const COMMAND_BYTES = 400

async function* importLinesOf(lines: AsyncIterable<TextLine>, translate: FixTranslator['translate']): AsyncGenerator<ImportLine> {
  for await (const { line, bytes, place } of lines) {
    if (bytes?.length === 0) continue
    const made = bytes ? translate(line, textOf(bytes), lineKey(IMPORTER, line, withoutEnd(bytes))) : { refused: 'the line is too long' }
    if ('refused' in made) yield { line, place, bytes: 0, commands: [], refused: made.refused }
    else yield { line, place, bytes: made.length * COMMAND_BYTES, commands: made }
  }
}

/** FIX is ASCII but for texts, in whatever encoding. */
const textOf = (bytes: Buffer): string => bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')

const ENDS = Buffer.from(';|^A\u0001 ')

/** Without what ends the last field: where a log is still being written, that may come later, and the message is the same. */
function withoutEnd(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && ENDS.includes(bytes[end - 1] ?? 0)) end--
  return bytes.subarray(0, end)
}
