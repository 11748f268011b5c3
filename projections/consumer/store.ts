// What a consumer keeps in its own store: every version it has received, once; how far it has come with each entity; and its place in the feed. All that one step changes becomes durable together, with what
// the handler wrote, or not at all.
import type { VersionRecord } from './record.ts'

/** Of one entity, as versions: the last one handled, the greatest received, and how many were received. */
export interface Progress {
  readonly handled: number
  readonly seen: number
  readonly received: number
}

export const NO_PROGRESS: Progress = { handled: 0, seen: 0, received: 0 }

/** Versions of one entity, both ends included. */
export interface Span {
  readonly entityId: string
  readonly from: number
  readonly to: number
}

export interface Within<Transaction> {
  /** What the handler writes with. */
  readonly transaction: Transaction
  /** Of each of the entities. Whoever else works on one of them waits for the end of this transaction, or one of the two is undone and done again. */
  progress(entityIds: readonly string[]): Promise<ReadonlyMap<string, Progress>>
  /** Keeps the records, none of them twice; gives those that were not there. The store's own unique key on entity and version decides. Throws ForeignVersion. */
  keep(records: readonly VersionRecord[]): Promise<readonly VersionRecord[]>
  /** Kept records, in any order. */
  kept(spans: readonly Span[]): Promise<readonly VersionRecord[]>
  advance(progress: ReadonlyMap<string, Progress>): Promise<void>
  saveCursor(source: string, cursor: string): Promise<void>
}

export interface Store<Transaction> {
  /** All that the work does, or, where it throws, nothing. It may be done more than once until it is durable. */
  transaction<Result>(work: (within: Within<Transaction>) => Promise<Result>): Promise<Result>
  cursor(source: string): Promise<string | undefined>
  /** Records that come next of their entities, are kept, and are not handled: left by a consumer that ended between two steps of one delivery. At most so many. */
  left(limit: number): Promise<readonly VersionRecord[]>
  /** Versions that were not received though later ones were, by entity and version: at most so many. */
  gaps(limit: number): Promise<readonly Span[]>
}
