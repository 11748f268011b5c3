// What an importer makes of one row of its file: the commands it stands for, or why there are none. And the keys those commands carry.
import { hash } from 'node:crypto'

export interface ImportLine {
  /** From 1; blank lines count, but are no rows. */
  readonly line: number
  /** How far the file is read, once this row is done: in the unit of the progress's total. */
  readonly place: number
  /** About the size of its commands. */
  readonly bytes: number
  /** In the bulk form. Several are one unit: all of them are applied, or none. None, and not refused: the row says nothing that changes the ledger. */
  readonly commands: readonly unknown[]
  /** Why the row can not be read or applied; then it has no commands. */
  readonly refused?: string
}

/** Why a row can not be read or applied: a sentence. */
export interface Refusal {
  readonly refused: string
}

const HASH_CHARACTERS = 16

/** `lobster:123:9f86d081884c7d65`: the same row of the same file has the same key in every run, so the ledger knows it again. */
export const lineKey = (importer: string, line: number, bytes: Uint8Array): string =>
  `${importer}:${line}:${hash('sha256', bytes, 'hex').slice(0, HASH_CHARACTERS)}`

/** The keys of a row's commands: the row's own, then `…:2`, `…:3`. */
export const commandKey = (key: string, n: number): string => (n === 0 ? key : `${key}:${n + 1}`)
