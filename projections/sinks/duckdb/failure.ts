// What DuckDB says when it can not use its file, as a sentence that names the file and what to do. The file holds nothing that the ledger could not make again.
import { Unavailable } from '../../../ledger/failure.ts'

/** Another process has the file open: only one can. */
export class HeldElsewhere extends Unavailable {}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** After it, the file has to be opened anew. */
export const isFatal = (error: unknown): boolean => /FATAL Error|has been invalidated|INTERNAL Error/.test(messageOf(error))
export const isInterrupted = (error: unknown): boolean => messageOf(error).startsWith('INTERRUPT Error')

const ELSEWHERE = 'name another one with STRATA_DUCKDB_PATH'
const BUILT_ANEW = `move it away, and it is built anew from the ledger; or ${ELSEWHERE}`

const NOT_THERE = /Catalog Error: Table with name|Binder Error: .*(Referenced column|does not have a column)/s

const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/not a valid DuckDB database file/, `is no DuckDB database: ${ELSEWHERE}`],
  [
    /database file with version number|newer version|storage version/i,
    `is of a newer DuckDB than this program's: use the program that made it; or ${BUILT_ANEW}`,
  ],
  [/Corrupt database|checksum|Failure while replaying WAL/i, `is damaged: ${BUILT_ANEW}`],
  [
    /Permission denied|Operation not permitted|EACCES|EPERM/,
    `may not be written by this user: let him write it and its folder, or ${ELSEWHERE}`,
  ],
  [/Read-only file system|EROFS/, `is on a read-only file system: ${ELSEWHERE}`],
  [/No space left|File too large|Disk quota|EDQUOT|ENOSPC/i, `has no room on its disk: make some; it goes on from where it was`],
  [/Is a directory|Not a directory|ENOTDIR|EEXIST|EISDIR/, `is no file in a folder: ${ELSEWHERE}`],
]

/** An error that is about the file comes back as Unavailable; any other as it is. */
export function explained(error: unknown, path: string): unknown {
  const message = messageOf(error)
  const holder = /Could not set lock on file|being used by another process/.test(message)
  if (holder) {
    const [, pid] = /\(PID (\d+)\)/.exec(message) ?? []
    return new HeldElsewhere(`the DuckDB file ${path} is open in another process${pid ? ` (${pid})` : ''}, and only one can have it`, {
      cause: error,
    })
  }
  const [, sentence] = SENTENCES.find(([pattern]) => pattern.test(message)) ?? []
  if (sentence !== undefined) return new Unavailable(`the DuckDB file ${path} ${sentence} (${firstLine(message)})`, { cause: error })
  if (NOT_THERE.test(message))
    return new Unavailable(`the DuckDB file ${path} has not what is asked for; is the view being built? (${firstLine(message)})`, {
      cause: error,
    })
  if (message.startsWith('Out of Memory Error'))
    return new Unavailable(`DuckDB needs more memory than it may have (${firstLine(message)})`, { cause: error })
  if (/database does not exist/.test(message))
    return new Unavailable(`there is no DuckDB file ${path} yet: a server with STRATA_PROJECTIONS=on makes it`, { cause: error })
  return isFatal(error) ? new Unavailable(`the DuckDB file ${path} has to be opened anew (${firstLine(message)})`, { cause: error }) : error
}

const firstLine = (text: string): string => text.split('\n')[0] ?? ''
