// The files in a tar archive, one after the other, read as a stream (POSIX ustar and pax, GNU's long names). Whoever takes the next file has left the one before.
import { CommandFailed } from '../exit.ts'

export interface TarFile {
  readonly name: string
  readonly content: AsyncIterable<Buffer>
}

const BLOCK_BYTES = 512
const MAX_NAME_BYTES = 65_536
const text = (header: Buffer, from: number, to: number): string => header.toString('utf8', from, to).replace(/\0.*$/s, '')
const octal = (header: Buffer, from: number, to: number): number => Number.parseInt(text(header, from, to).trim() || '0', 8)

/** Throws a sentence where it is none, or cut. */
export async function* tarFiles(source: AsyncIterable<Buffer>): AsyncGenerator<TarFile> {
  const bytes = reader(source)
  let longName: string | undefined
  for (;;) {
    const header = await bytes.take(BLOCK_BYTES)
    if (header.every((byte) => byte === 0)) return // its end, or that of the file
    assertHeader(header)
    const size = octal(header, 124, 136)
    const type = text(header, 156, 157)
    const padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES
    if (type === 'L' || type === 'x') {
      if (size > MAX_NAME_BYTES) throw new CommandFailed('the archive has a name that is too long')
      const long = await bytes.take(size)
      longName = (type === 'L' ? text(long, 0, size) : paxPath(long)) ?? longName
      await bytes.pass(padding)
      continue
    }
    const prefix = text(header, 345, 500)
    const name = longName ?? (prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`)
    longName = undefined
    const file = { left: size }
    if (type === '0' || type === '') yield { name, content: bytes.some(file) }
    await bytes.pass(file.left + padding) // what nobody has read
  }
}

function assertHeader(header: Buffer): void {
  const told = octal(header, 148, 156)
  const sum = header.reduce((total, byte, n) => total + (n >= 148 && n < 156 ? 32 : byte), 0)
  if (header.length < BLOCK_BYTES || told !== sum) throw new CommandFailed('the archive is damaged, or no tar archive')
}

/** Records of `LENGTH NAME=VALUE`. */
const paxPath = (records: Buffer): string | undefined => /(?:^|\n)\d+ path=([^\n]*)\n/.exec(records.toString('utf8'))?.[1]

interface Reader {
  /** So many bytes; fewer at the end. */
  take(count: number): Promise<Buffer>
  pass(count: number): Promise<void>
  /** What is left, as it comes, counted down. Throws where there is less. */
  some(file: { left: number }): AsyncGenerator<Buffer>
}

function reader(source: AsyncIterable<Buffer>): Reader {
  const chunks = source[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  async function* some(file: { left: number }): AsyncGenerator<Buffer> {
    while (file.left > 0) {
      if (rest.length === 0) {
        const { value, done } = await chunks.next()
        if (done) throw new CommandFailed('the archive is cut')
        rest = value
      }
      const piece = rest.subarray(0, file.left)
      rest = rest.subarray(piece.length)
      file.left -= piece.length
      yield piece
    }
  }
  return {
    some,
    async take(count) {
      while (rest.length < count) {
        const { value, done } = await chunks.next()
        if (done) break
        rest = Buffer.concat([rest, value])
      }
      const taken = rest.subarray(0, count)
      rest = rest.subarray(taken.length)
      return taken
    },
    async pass(count) {
      for await (const _ of some({ left: count })) continue
    },
  }
}
