// Cuts chunks of bytes into lines, without copying those that lie within one chunk. Blank lines are left out but counted. Of a line that is too long nothing is kept but its number.
import { MAX_BODY_BYTES } from './limits.ts'

export interface ReadLine {
  /** Counted from 1. */
  readonly number: number
  /** Undefined: the line was too long. */
  readonly bytes: Buffer | undefined
}

export interface LineSplitter {
  /** The lines that end in this chunk. */
  push(chunk: Buffer): readonly ReadLine[]
  /** What stands after the last line feed. */
  end(): readonly ReadLine[]
}

const LINE_FEED = 10
const BLANK = new Set([9, 13, 32])

const isBlank = (bytes: Buffer): boolean => {
  for (const byte of bytes) if (!BLANK.has(byte)) return false
  return true
}

export function lineSplitter(maxBytes: number = MAX_BODY_BYTES): LineSplitter {
  let number = 0
  /** The beginning of a line that has not ended. */
  let begun: Buffer[] = []
  let begunBytes = 0

  function begin(bytes: Buffer): void {
    begunBytes += bytes.length
    if (begunBytes > maxBytes) begun = []
    else begun.push(bytes)
  }

  function finish(end: Buffer): ReadLine | undefined {
    number++
    const length = begunBytes + end.length
    const bytes = length > maxBytes ? undefined : begunBytes === 0 ? end : Buffer.concat([...begun, end], length)
    begun = []
    begunBytes = 0
    return bytes && isBlank(bytes) ? undefined : { number, bytes }
  }

  return {
    push(chunk) {
      const lines: ReadLine[] = []
      let start = 0
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        const line = finish(chunk.subarray(start, end))
        if (line) lines.push(line)
        start = end + 1
      }
      if (start < chunk.length) begin(chunk.subarray(start))
      return lines
    },
    end() {
      const line = begunBytes > 0 ? finish(Buffer.alloc(0)) : undefined
      return line ? [line] : []
    },
  }
}
