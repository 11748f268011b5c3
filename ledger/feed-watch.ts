// What is told of the feed's readers, for whoever measures or traces them.
import type { VersionRecord } from './record.ts'

/** A page; server-sent events; lines up to the head. */
export type FeedForm = 'page' | 'events' | 'lines'

export interface FeedWatch {
  began(form: FeedForm): ReaderWatch
}

export interface ReaderWatch {
  /** The reader was handed these, which had been read at that time (milliseconds since the process began); so many more are there for it. */
  gave(versions: readonly VersionRecord[], behind: number, readAt: number): void
  ended(): void
}

/** All of them are told. */
export const watchedBy = (...watches: readonly FeedWatch[]): FeedWatch => ({
  began(form) {
    const readers = watches.map((watch) => watch.began(form))
    return {
      gave: (...what) => readers.forEach((reader) => reader.gave(...what)),
      ended: () => readers.forEach((reader) => reader.ended()),
    }
  },
})
