// `strata import ndjson FILE`: lines in the bulk form of POST /v1/commands, plain or gzipped, in their order. A line without a commandId gets one that says which line of which content it is,
// so that a rerun is a replay. A commandId that a line has is kept.
import { stat } from 'node:fs/promises'
import { parseJson } from '../../commands/http/json.ts'
import type { Ledger } from '../../ledger/index.ts'
import { earlierRun, type KeyedRow } from './earlier-run.ts'
import { lineKey, type ImportLine } from './import-line.ts'
import { importLines, type ImportResult, type OnProgress } from './run.ts'
import { textLines, MAX_LINE_BYTES, type TextLine } from './text-lines.ts'

export const DEFAULT_ACTOR = 'import-ndjson'

export interface NdjsonOptions {
  readonly actor?: string | undefined
}

export async function importNdjson(
  ledger: Ledger,
  file: string,
  options: NdjsonOptions = {},
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<ImportResult> {
  const earlier = await earlierRun(ledger, keyedRows(rowsOf(file, signal)))
  const { size } = await stat(file)
  return importLines({
    ledger,
    lines: passOver(rowsOf(file), earlier.passedOver),
    total: size,
    envelope: { actor: options.actor ?? DEFAULT_ACTOR },
    onProgress,
    signal,
  })
}

const IMPORTER = 'ndjson'
const PASSED_OVER =
  'later lines of this file are in the ledger already, so this one was refused, or changed nothing, when it was its turn; to have it decided now, import it in a file of its own'

async function* rowsOf(file: string, signal?: AbortSignal): AsyncGenerator<ImportLine> {
  for await (const text of textLines(file)) {
    if (signal?.aborted) return
    if (!isBlank(text)) yield toImportLine(text)
  }
}

const isBlank = ({ bytes }: TextLine): boolean => bytes !== undefined && (bytes.length === 0 || bytes.toString('latin1').trim() === '')

/** What is in the line is looked at when its turn comes; here it only gets its key. */
function toImportLine({ line, place, bytes }: TextLine): ImportLine {
  if (!bytes) return refuse({ line, place }, `the line is longer than ${MAX_LINE_BYTES} bytes`)
  const json = parseJson(bytes)
  if ('problem' in json) return refuse({ line, place }, json.problem.detail.replace(/^the body/, 'the line'))
  const { value } = json
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse({ line, place }, 'the line is not a JSON object')
  const command = 'commandId' in value ? value : { ...value, commandId: lineKey(IMPORTER, line, bytes) }
  return { line, place, bytes: bytes.length, commands: [command] }
}

const refuse = (where: Pick<ImportLine, 'line' | 'place'>, refused: string): ImportLine => ({ ...where, bytes: 0, commands: [], refused })

/** The key that was made for a line. A line's own key may stand in other files too, so it tells nothing of an earlier run of this one. */
function keyOf({ line, commands }: ImportLine): KeyedRow | undefined {
  const { entityId, commandId } = (commands[0] ?? {}) as { readonly entityId?: unknown; readonly commandId?: unknown }
  const scope = typeof entityId === 'string' ? entityId.split(':')[1] : undefined
  const made = typeof commandId === 'string' && commandId.startsWith(`${IMPORTER}:${line}:`)
  return scope !== undefined && made ? { line, scope, id: commandId } : undefined
}

async function* keyedRows(rows: AsyncIterable<ImportLine>): AsyncGenerator<KeyedRow> {
  for await (const row of rows) {
    const key = keyOf(row)
    if (key) yield key
  }
}

async function* passOver(rows: AsyncIterable<ImportLine>, passedOver: (row: KeyedRow) => boolean): AsyncGenerator<ImportLine> {
  for await (const row of rows) {
    const key = keyOf(row)
    yield key && passedOver(key) ? refuse(row, PASSED_OVER) : row
  }
}
