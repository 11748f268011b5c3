// A ledger, opened: append through group commit, read, list, and follow the feed.
import { openDatabase, type Database } from './database.ts'
import { feed, type Feed } from './feed.ts'
import { feedAsOf, type FeedAsOf } from './feed-as-of.ts'
import { groupCommit, type BatchStatistics, type GroupCommit } from './group-commit.ts'
import { lists, type Lists } from './list.ts'
import { MigrationRefused, SCHEMA_VERSION, schemaVersion } from './migrate.ts'
import { news } from './news.ts'
import { reads, type Reads } from './read.ts'
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
  readonly onBatch?: (statistics: BatchStatistics) => void
}

export interface Ledger extends AsyncDisposable {
  readonly partitions: number
  /** For reads only: nothing can be written but through append. */
  readonly database: Database
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

/** Opens a ledger that `migrate` has made. Throws MigrationRefused where there is none, or one of another version. */
export async function openLedger({
  url,
  lanes = DEFAULT_LANES,
  readConnections = READ_CONNECTIONS,
  onBatch,
}: LedgerOptions): Promise<Ledger> {
  const writing = openDatabase({ url, connections: lanes, name: 'append' })
  const reading = openDatabase({ url, connections: readConnections, name: 'read' })
  try {
    const partitions = await partitionsOf(reading)
    const cache = stateCache()
    const signal = news(reading, url)
    const commits = groupCommit({
      database: writing,
      partitions,
      lanes,
      cache,
      onAppended: () => signal.tell(),
      ...(onBatch && { onBatch }),
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

async function partitionsOf(database: Database): Promise<number> {
  const version = await schemaVersion(database)
  if (version === undefined) throw new MigrationRefused('there is no ledger in this database: run `strata migrate`')
  if (version !== SCHEMA_VERSION)
    throw new MigrationRefused(
      `the ledger has schema version ${version}, this program works on ${SCHEMA_VERSION}: run \`strata migrate\` of the newer one`,
    )
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
