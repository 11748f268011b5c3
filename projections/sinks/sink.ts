// What a sink of documents is: where views are kept. Every one of them passes the same suite, contract.testing.ts; what it promises beyond stands in its own file.
import type { Instant } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { Changes, Contents, Kept, Needed } from '../fold.ts'
import type { Columns, Projection } from '../projection.ts'

/** Up to where a view is in a partition: the last version it has seen, and when that was recorded; by the two, a ledger that was restored to an earlier time is told from the one before. */
export interface Place {
  readonly position: number
  readonly recordedAt: Instant
}

/** By partition. One that is not in it: nothing yet. */
export type Places = ReadonlyMap<number, Place>

export interface Batch extends Changes {
  /** By partition: the position after which it begins. A sink that a crash may take back writes it only where the view has come as far, and else throws Superseded. */
  readonly begins: ReadonlyMap<number, number>
  /** The view's places once this is written. */
  readonly places: Places
}

export interface ViewQuestion {
  /** Of these members, with these texts. */
  readonly filters: Readonly<Record<string, string>>
  readonly key?: string | undefined
  /** Keys after this one. */
  readonly after?: string | undefined
  readonly limit: number
}

export interface ViewDocument {
  readonly key: string
  readonly document: JsonObject
  readonly seen: { readonly partition: number; readonly position: number }
}

export interface ViewPage {
  /** By key, in the order of its bytes. */
  readonly documents: readonly ViewDocument[]
  readonly hasMore: boolean
}

/** A document, or what is remembered of an entity, that the sink will never take. */
export class Unwritable extends Error {
  override readonly name = 'Unwritable'
  readonly kept: Kept
  constructor(kept: Kept, why: string) {
    super(why)
    this.kept = kept
  }
}

/** What is in the slot is not what was opened: it was swapped for another one, or dropped, or taken back to an earlier place by a crash. Nothing was written; whoever goes on opens it again. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
  constructor({ name }: Pick<Projection, 'name'>) {
    super(`the view ${name} was replaced by another build of it, or taken back to an earlier place`)
  }
}

/** One view in one sink, live or being built. What was opened is one build of it: it never writes into another one. */
export interface View {
  places(): Promise<Places>
  /** Memories first, then documents: see fold.ts. */
  load(needed: Needed): Promise<Contents>
  /** All of it or a part of it becomes durable, in this order: documents, memories, places. What is there and as new or newer stays. After a failure, the same may be written again. Throws Superseded, Unwritable. */
  write(batch: Batch): Promise<void>
  /** Throws Unavailable where the store does not answer. */
  read(question: ViewQuestion): Promise<ViewPage>
  /** Everything in it, by key: documents as they are kept, those that are no more too. */
  all(): AsyncIterable<Kept>
}

/** `live` is what readers see; `next` is built beside it. */
export type Slot = 'live' | 'next'

/** How a sink likes to be fed. */
export interface Pace {
  /** At most so many versions at a time. */
  readonly batchVersions: number
  /** What comes one by one gathers, at the head, until the next multiple of this. */
  readonly gatherMs: number
}

export interface Sink extends AsyncDisposable {
  /** `postgres`, `mongo` …: as it is called in commands, metrics and health. */
  readonly name: string
  /** Default: small batches, often. */
  readonly pace?: Pace
  /** What it has taken in may be gone after a crash: so often a run looks again how far it is. */
  readonly lookAgainMs?: number
  /** Whether this process can write into it now; without it: always. A process that can not leaves its runs to others. */
  readonly isMine?: () => Promise<boolean>
  /** The view, made if it is not there. */
  open(projection: Projection, slot: Slot): Promise<View>
  /** The version of the projection that made what is live; undefined: there is nothing. */
  liveVersion(projection: Projection): Promise<number | undefined>
  /**
   * What is `next` becomes `live`, in one step for readers; what was live is dropped. Called again after a failure, it ends what it began. `catchUp` brings next as far as live; where the sink can
   * hold back writers of what is live, it calls it while it does, and else just before: so readers never see an older view than before. What it throws is thrown, and nothing is swapped.
   */
  swap(projection: Projection, catchUp?: () => Promise<void>): Promise<void>
  drop(projection: Projection, slot: Slot): Promise<void>
}

/** A question in the SQL that DuckDB and Snowflake share: a select without `order by` and `limit`; views by their names; `?` for each value. */
export interface Select {
  readonly text: string
  readonly values: readonly (string | number | boolean | null)[]
  /** What it gives, by the name that it has in the answer. In the SQL it is the same in small letters, with _ between words. */
  readonly columns: Columns
  /** Of the names in the SQL: `executed_at desc, trade_id`. All rows have a place of their own in it. */
  readonly orderBy: string
  readonly limit: number
}

/** By column: decimals and instants as canonical text, whole numbers as numbers, what is null left out. */
export type SelectedRow = JsonObject

/** A sink that answers questions, too: all views of an answer stand at one instant of the sink. */
export interface AnalyticSink extends Sink {
  /** Throws Unavailable where the store does not answer, and TookTooLong after `timeoutMs`, when it also stops working on it. */
  select(select: Select, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<readonly SelectedRow[]>
}

export { TookTooLong } from '../../ledger/failure.ts'
