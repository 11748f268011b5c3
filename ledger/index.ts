// A ledger, opened: append through group commit, read, list, and follow the feed.
import { openDatabase, type Database } from './database.ts'
import { feed, type Feed } from './feed.ts'
import { feedAsOf, type FeedAsOf } from './feed-as-of.ts'
import { groupCommit, type BatchStatistics, type GroupCommit } from './group-commit.ts'
import { lists, type Lists } from './list.ts'
import { MigrationRefused } from './migrate.ts'
import { news } from './news.ts'
import { reads, type Reads } from './read.ts'
import { ledgerSchema, misfit } from './schema-version.ts'
import { settler } from './settle.ts'
import { stateCache, type StateCache } from './state-cache.ts'
import type { Work } from './work.ts'

export const DEFAULT_LANES = 3
export const READ_CONNECTIONS = 8

export interface LedgerOptions {
  readonly url: string
  /** Connections that append, each with a batch in flight (default 3). */
  readonly lanes?: number
  readonly readConnections?: number
  readonly onBatch?: ((batch: BatchStatistics) => void) | undefined
  readonly onFailedBatch?: ((error: unknown) => void) | undefined
}

/** A pool of connections, as it is now. */
export interface Connections {
  readonly pool: 'append' | 'read'
  readonly total: number
  readonly idle: number
  /** Who waits for one. */
  readonly waiting: number
  /** How many broke since the ledger was opened. */
  readonly lost: number
}

export interface Ledger extends AsyncDisposable {
  readonly partitions: number
  /** For reads only: nothing can be written but through append. */
  readonly database: Database
  connections(): readonly Connections[]
  /** Decides and appends a unit; see work.ts. */
  append<Answer>(work: Work<Answer>): Promise<Answer>
  readonly commits: GroupCommit
  readonly cache: StateCache
  readonly read: Reads
  readonly list: Lists
  readonly feed: Feed
  /** Where the feed was at an instant. */
  readonly feedAsOf: FeedAsOf
  /** Answers all that was accepted, then closes every connection. */
  close(): Promise<void>
}

/** Opens a ledger that `migrate` has made. Throws MigrationRefused where there is none, or one that this program does not work on. */
export async function openLedger({
  url,
  lanes = DEFAULT_LANES,
  readConnections = READ_CONNECTIONS,
  onBatch,
  onFailedBatch,
}: LedgerOptions): Promise<Ledger> {
  const lost = { append: 0, read: 0 }
  const writing = openDatabase({ url, connections: lanes, name: 'append', onLost: () => lost.append++ })
  const reading = openDatabase({ url, connections: readConnections, name: 'read', onLost: () => lost.read++ })
  try {
    const partitions = await partitionsOf(reading)
    const cache = stateCache()
    // A new connection may lead to a server that has taken over, and lacks what was committed last: then a version of ours may bear the number of another one there.
    writing.on('connect', () => cache.clear())
    const signal = news(reading, url)
    const commits = groupCommit({
      database: writing,
      partitions,
      lanes,
      cache,
      onAppended: () => signal.tell(),
      onBatch,
      onFailedBatch,
    })
    const settle = settler(reading)
    const close = async (): Promise<void> => {
      await commits.close()
      await signal.close()
      await Promise.all([writing.end(), reading.end()])
    }
    return {
      partitions,
      database: reading,
      connections: () => [connectionsOf('append', writing, lost.append), connectionsOf('read', reading, lost.read)],
      append: (work) => commits.run(work),
      commits,
      cache,
      read: reads(reading, partitions, settle),
      list: lists(reading, partitions, settle),
      feed: feed(reading, partitions, signal),
      feedAsOf: feedAsOf(reading, settle),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await Promise.all([writing.end(), reading.end()])
    throw error
  }
}

const connectionsOf = (pool: Connections['pool'], { totalCount, idleCount, waitingCount }: Database, lost: number): Connections => ({
  pool,
  total: totalCount,
  idle: idleCount,
  waiting: waitingCount,
  lost,
})

async function partitionsOf(database: Database): Promise<number> {
  const refused = misfit(await ledgerSchema(database))
  if (refused !== undefined) throw new MigrationRefused(refused)
  const { rows } = await database.query<{ count: number }>('select count(*) as count from ledger.partitions')
  return rows[0]?.count ?? 0
}

export type { AppendRefused, BrokenExpectation, Replay } from './append.ts'
export type { Feed, FeedFilter, FeedPage } from './feed.ts'
export { BadPlace, type FeedPlace, ForeignPlace } from './feed-place.ts'
export { InTheFuture, Overloaded, RuleBroken, Unavailable, VersionConflict } from './failure.ts'
export type { Known, NewVersion } from './known.ts'
export type { Kind, LedgerEvent, Upcaster } from './kind.ts'
export type { ListAsOf, ListQuestion, Lists, Page } from './list.ts'
export { migrate, MigrationRefused, type MigrateOptions, type Migration } from './migrate.ts'
export type { AsOf, EffectiveAnswer, Reads } from './read.ts'
export type { CurrentRecord, VersionRecord } from './record.ts'
export type { AppliedCommand, Line, StagedVersion, Verdict, View, Work } from './work.ts'
