// `strata import ohlc PATH`: bars of a file (.csv, .csv.gz), of all such files in a folder, or of those in a tar archive (.tar, .tar.gz), into a ledger. Rows are kept as they are: what is odd about
// a bar stands in its flags.
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { BarJudging } from '../../commands/market/bar-series.ts'
import type { BarFlag, BarState } from '../../ledger/entities/bar.ts'
import type { Ledger } from '../../ledger/index.ts'
import { CommandFailed } from '../exit.ts'
import { barLines, type BarRow } from './bar-lines.ts'
import { rowReader, type ReadRow } from './ohlc-row.ts'
import { importLines, type ImportResult, type OnProgress } from './run.ts'
import { tarFiles } from './tar.ts'
import { fileStream, linesIn, unreadable } from './text-lines.ts'

export const DEFAULT_ACTOR = 'import-ohlc'

export interface OhlcOptions {
  /** Of rows that do not name it. Default: from the file's name. */
  readonly instrument?: string | undefined
  readonly actor?: string | undefined
  readonly judging?: BarJudging
}

export interface OhlcResult extends ImportResult {
  /** How many bars were kept with each flag in this run. */
  readonly flags: Readonly<Partial<Record<BarFlag, number>>>
}

export async function importOhlc(
  ledger: Ledger,
  path: string,
  { instrument, actor, judging = {} }: OhlcOptions = {},
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<OhlcResult> {
  const files = await filesOf(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  const flags: Partial<Record<BarFlag, number>> = {}
  const result = await importLines({
    ledger,
    lines: barLines(ledger, rowsOf(files, instrument), judging, signal),
    total: files.reduce((sum, { size }) => sum + size, 0),
    envelope: { actor: actor ?? DEFAULT_ACTOR },
    onProgress,
    signal,
    onApplied: (versions) => {
      for (const { data } of versions)
        for (const flag of (data as Partial<BarState> | undefined)?.flags ?? []) flags[flag] = (flags[flag] ?? 0) + 1
    },
  })
  return { ...result, flags }
}

interface SizedFile {
  readonly path: string
  readonly size: number
}

const CSV = /\.csv(\.gz)?$/i
const TAR = /\.(tar|tar\.gz|tgz)$/i
/** macOS puts files of its own beside others. */
const isOurs = (name: string): boolean => !basename(name).startsWith('.')

async function filesOf(path: string): Promise<readonly SizedFile[]> {
  const found = await stat(path)
  if (!found.isDirectory()) return [{ path, size: found.size }]
  const names = (await readdir(path)).filter((name) => CSV.test(name) && isOurs(name)).toSorted()
  if (names.length === 0) throw new CommandFailed(`there is no .csv in ${path}`)
  return Promise.all(names.map(async (name) => ({ path: join(path, name), size: (await stat(join(path, name))).size })))
}

async function* rowsOf(files: readonly SizedFile[], instrument: string | undefined): AsyncGenerator<BarRow> {
  let before = 0
  for (const { path, size } of files) {
    const { chunks, place } = fileStream(path)
    const here = (): number => before + Math.min(place(), size)
    if (!TAR.test(path)) yield* rowsIn(path, chunks, here, instrument)
    else
      for await (const { name, content } of tarFiles(chunks))
        if (CSV.test(name) && isOurs(name)) yield* rowsIn(name, content, here, instrument)
    before += size
  }
}

async function* rowsIn(
  file: string,
  chunks: AsyncIterable<Buffer>,
  place: () => number,
  instrument: string | undefined,
): AsyncGenerator<BarRow> {
  const name = basename(file)
  let read: ReadRow | undefined
  for await (const { line, bytes } of linesIn(chunks)) {
    if (bytes?.length === 0) continue
    const refuse = (refused: string): BarRow => ({ line, place: place(), bar: { refused: `${name}: ${refused}` } })
    if (!bytes) {
      yield refuse('the line is too long')
      continue
    }
    const text = bytes.toString('utf8')
    if (!read) {
      const reader = rowReader(text, instrument ?? symbolIn(name))
      if ('refused' in reader) throw new CommandFailed(`${name} is no file of bars: ${reader.refused}`)
      read = reader
      continue
    }
    const bar = read(text)
    yield 'refused' in bar ? refuse(bar.refused) : { line, place: place(), bar }
  }
}

/** `AAPL_data.csv`, `AAPL.csv.gz`: whatever stands before the first of `_` and `.`. */
const symbolIn = (name: string): string | undefined => /^[^_.]+/.exec(name)?.[0]
