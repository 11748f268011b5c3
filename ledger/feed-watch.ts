// What is told of the feed's readers, for whoever measures or traces them.
import type { VersionRecord } from './record.ts'

/** A page; server-sent events; lines up to the head. */
export type FeedForm = 'page' | 'events' | 'lines'

export interface FeedWatch {
  began(form: FeedForm): ReaderWatch
}

export interface ReaderWatch {
  /** The reader was handed these; so many more are there for it. */
  gave(versions: readonly VersionRecord[], behind: number): void
  ended(): void
}
