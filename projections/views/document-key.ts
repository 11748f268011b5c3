// Keys of documents that are made of free text: never longer than an index takes, whatever the text is.
import { hash } from 'node:crypto'
import type { VersionRecord } from '../../ledger/record.ts'

/** At most 4 bytes each: a page of an index holds three keys. */
const MAX_PART_CHARACTERS = 200

/** The parts with colons between; a long one is cut, and ends with a digest of the whole. */
export const documentKey = (...parts: readonly string[]): string => parts.map(short).join(':')

/** The owner of a key that begins with one: no owner is so long that it is cut. */
export const ownerOfKey = (key: string): string => key.slice(0, key.indexOf(':'))

/** The greatest version has 10 digits: with all of them, keys sort like versions. */
const VERSION_DIGITS = 10

/** Of a document per version: `trade:alice:T-1@0000000003`. */
export const versionKey = ({ entityId, version }: Pick<VersionRecord, 'entityId' | 'version'>): string =>
  `${entityId}@${String(version).padStart(VERSION_DIGITS, '0')}`

function short(part: string): string {
  if (part.length <= MAX_PART_CHARACTERS) return part
  const cut = part.slice(0, MAX_PART_CHARACTERS / 2)
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}~${hash('sha256', part)}`
}
