// A place in the feed as text: opaque, URL-safe and compact, because every event of a stream carries one. Bytes: version, the mark (eight), then as varints (seven bits a byte, lowest first) the
// number of partitions, the partition to begin with, and each position. Version 1 had no mark, and is still read.
import { BadPlace, type FeedPlace } from './feed-place.ts'

const VERSION = 2
const VERSION_WITHOUT_MARK = 1
const MARK_BYTES = 8
const MAX_CURSOR_CHARACTERS = 4_096

export function encodeFeedPlace({ positions, first, mark }: FeedPlace): string {
  const bytes = mark === undefined ? [VERSION_WITHOUT_MARK] : [VERSION, ...markBytes(mark)]
  for (let value of [positions.length, first, ...positions]) {
    for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
    bytes.push(value)
  }
  return Buffer.from(bytes).toString('base64url')
}

/** Throws BadPlace where the text is not a cursor of a ledger of so many partitions. */
export function decodeFeedPlace(text: string, partitions: number): FeedPlace {
  const bytes = text.length <= MAX_CURSOR_CHARACTERS ? Buffer.from(text, 'base64url') : Buffer.alloc(0)
  const marked = bytes[0] === VERSION && bytes.length > MARK_BYTES
  const [count, first, ...positions] = varints(bytes.subarray(marked ? 1 + MARK_BYTES : 1))
  const place = { positions, first: first ?? 0, ...(marked && { mark: bytes.readBigUInt64BE(1) }) }
  if (
    !(marked || bytes[0] === VERSION_WITHOUT_MARK) ||
    count !== partitions ||
    positions.length !== partitions ||
    place.first >= partitions ||
    encodeFeedPlace(place) !== text
  ) {
    throw new BadPlace('not a cursor of this ledger')
  }
  return place
}

function markBytes(mark: bigint): Buffer {
  const bytes = Buffer.alloc(MARK_BYTES)
  bytes.writeBigUInt64BE(mark)
  return bytes
}

/** Those of the bytes that are whole and exact. */
function varints(bytes: Uint8Array): readonly number[] {
  const values: number[] = []
  let value = 0
  let unit = 1
  for (const byte of bytes) {
    value += (byte % 128) * unit
    unit *= 128
    if (!Number.isSafeInteger(value)) return []
    if (byte >= 128) continue
    values.push(value)
    value = 0
    unit = 1
  }
  return values
}
