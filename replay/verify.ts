// Verifies a ledger, or one entity: folds every entity's events again and compares every stored state; checks versions, latest, partitions, positions, times, units, commands and postings. Reads
// only, a page per statement and nothing for longer, so writers go on; holds no more than some pages, however large the ledger. docs/reference tells what each check promises.
// What it can not see: rows that were taken from the very end of a partition together with every trace of them in others, and changes that leave all of this consistent. Seals prove those.
import type { Database } from '../ledger/database.ts'
import type { EntityId } from '../ledger/entity-id.ts'
import type { Difference } from './verify/difference.ts'
import { entityCheck } from './verify/entity-check.ts'
import { entityPages } from './verify/entity-row.ts'
import { judgedPages } from './verify/feed-page.ts'
import { toDifference } from './verify/flaw.ts'
import { heads, missingIndexes, versionsOf, type Head } from './verify/heads.ts'
import { progressing, type Progress, type Progressing } from './verify/progress.ts'

export type { Check, Difference } from './verify/difference.ts'
export type { Progress } from './verify/progress.ts'

export interface VerifyOptions {
  readonly partitions: number
  /** This entity only, and the commands that it is part of. */
  readonly entityId?: EntityId | undefined
  /** Called for each difference as it is found; the verification waits for it. */
  readonly onDifference: (difference: Difference) => void | Promise<void>
  /** Called after each page. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Checked {
  readonly partitions: number
  readonly entities: number
  readonly versions: number
  readonly commands: number
  readonly postings: number
  readonly differences: number
}

type Counts = { -readonly [Name in keyof Checked]: number }

interface Run extends VerifyOptions {
  readonly database: Database
  readonly counts: Counts
  readonly progress: Progressing
  readonly keysMayRepeat: boolean
}

/** Resolves with what was looked at. Throws what pg throws, and the signal's reason. */
export async function verify(database: Database, options: VerifyOptions): Promise<Checked> {
  const { partitions } = options
  const all = await heads(database)
  const total =
    options.entityId === undefined
      ? all.reduce((sum, { position }) => sum + position, 0)
      : await versionsOf(database, options.entityId, all)
  const counts: Counts = { partitions: all.length, entities: 0, versions: 0, commands: 0, postings: 0, differences: 0 }
  const missing = await missingIndexes(database)
  const run: Run = {
    ...options,
    database,
    counts,
    keysMayRepeat: missing.includes('versions_command_once'),
    progress: progressing(total, () => performance.now() / 1000),
  }
  for (const name of missing) await report(run, { check: 'index', detail: `the unique index ${name} is missing or not valid` })
  for (const head of all) {
    const { partition, position } = head
    if (partition < 0 || partition >= partitions)
      await report(run, { check: 'partition', partition, position, detail: `this ledger has the partitions 0 to ${partitions - 1}` })
    // Side by side: while this process folds, the database judges.
    await together(run, (half) => [verifyEntities(half, head), verifyFeed(half, head)])
  }
  return counts
}

async function report({ counts, onDifference }: Run, difference: Difference): Promise<void> {
  counts.differences++
  await onDifference(difference)
}

async function verifyEntities(run: Run, { partition, position: head }: Head): Promise<void> {
  const { database, partitions, entityId, signal, counts } = run
  let found: Difference[] = []
  const check = entityCheck(partition, partitions, (difference) => found.push(difference))
  const tell = async (): Promise<void> => {
    for (const difference of found) await report(run, difference)
    found = []
  }
  for await (const rows of entityPages(database, { partition, head, entityId, signal })) {
    for (const row of rows) check.row(row)
    looked(run, rows.length)
    await tell()
  }
  check.end()
  await tell()
  counts.entities += check.entities
  counts.versions += check.versions
  counts.postings += check.postings
}

async function verifyFeed(run: Run, { partition, position: head }: Head): Promise<void> {
  const { database, entityId, keysMayRepeat, signal, counts } = run
  for await (const rows of judgedPages(database, { partition, head, entityId, keysMayRepeat, signal })) {
    for (const row of rows) for (const flaw of row.flaws) await report(run, toDifference(flaw, partition, row))
    counts.commands += rows.at(-1)?.commands ?? 0
    looked(run, rows.at(-1)?.rows ?? 0)
  }
}

function looked({ progress, onProgress }: Run, rows: number): void {
  progress.looked(rows)
  onProgress?.(progress.now)
}

/** Where one fails the others stop, and nothing reads any more after that. */
async function together(run: Run, begin: (run: Run) => readonly Promise<void>[]): Promise<void> {
  const stop = new AbortController()
  const signal = run.signal ? AbortSignal.any([run.signal, stop.signal]) : stop.signal
  const works = begin({ ...run, signal })
  try {
    await Promise.all(works)
  } catch (error) {
    stop.abort()
    await Promise.allSettled(works)
    throw error
  }
}
