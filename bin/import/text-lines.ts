// The lines of a file, plain or gzipped, read as a stream. Lines stay bytes: whoever reads them decides what they must be.
import { createReadStream, type ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CommandFailed } from '../exit.ts'

export const MAX_LINE_BYTES = 1024 * 1024

export interface TextLine {
  /** From 1. */
  readonly line: number
  /** Without its end (LF or CR LF). Undefined: longer than MAX_LINE_BYTES, and left out. */
  readonly bytes: Buffer | undefined
  /** Bytes of the file read so far: compressed ones, where it is compressed; a chunk ahead of the line at most. */
  readonly place: number
}

/** Every line of the file. Throws a sentence where it can not be read (on): the file system says so, or its compressed data is damaged. */
export async function* textLines(file: string): AsyncGenerator<TextLine> {
  const { chunks, place } = fileStream(file)
  for await (const line of linesIn(chunks)) yield { ...line, place: place() }
}

export interface FileStream {
  /** Unpacked, where the file is gzipped. */
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes of the file read so far. */
  readonly place: () => number
}

/** What is in a file. Its chunks throw a sentence where it can not be read (on). */
export function fileStream(file: string): FileStream {
  let source: ReadStream | undefined
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      const gzipped = await isGzipped(file)
      source = createReadStream(file)
      // whatever ends one of the two ends the other, and this loop with its error
      yield* gzipped ? pipeline(source, createGunzip(), () => {}) : source
    } catch (error) {
      throw unreadable(file, error)
    }
  }
  return { chunks: chunks(), place: () => source?.bytesRead ?? 0 }
}

/** What stands in the way of reading a file, as a sentence, if it is the file system that says it, or what unpacks it. */
export const unreadable = (file: string, error: unknown): unknown =>
  error instanceof Error && 'code' in error ? new CommandFailed(`${file} can not be read: ${error.message}`, { cause: error }) : error

export async function* linesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Omit<TextLine, 'place'>> {
  let line = 0
  let rest: Buffer = Buffer.alloc(0)
  let tooLong = false
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      const bytes = rest.length === 0 ? chunk.subarray(from, end) : Buffer.concat([rest, chunk.subarray(from, end)])
      yield { line: ++line, bytes: tooLong || bytes.length > MAX_LINE_BYTES ? undefined : withoutReturn(bytes) }
      rest = Buffer.alloc(0)
      tooLong = false
      from = end + 1
    }
    tooLong ||= rest.length + chunk.length - from > MAX_LINE_BYTES
    rest = tooLong ? Buffer.alloc(0) : Buffer.concat([rest, chunk.subarray(from)])
  }
  if (tooLong || rest.length > 0) yield { line: ++line, bytes: tooLong ? undefined : withoutReturn(rest) }
}

const LF = 0x0a
const CR = 0x0d
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])

const withoutReturn = (bytes: Buffer): Buffer => (bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes)

/** By its first bytes, whatever it is called. */
async function isGzipped(file: string): Promise<boolean> {
  await using handle = await open(file)
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
  return bytesRead === 2 && buffer.equals(GZIP_MAGIC)
}
