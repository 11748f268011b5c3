// What is asked of every event store here. Each does it through its own documented interface, in a file named after it.

/** A stream, which every store names in its own way. The id is like no other's, of letters and digits. */
export interface Stream {
  readonly owner: number
  readonly id: string
}

export interface EventStore extends AsyncDisposable {
  /** One event at the end of a stream that is expected to have so many (0: that is to be new). False: it has not. */
  append(stream: Stream, expected: number): Promise<boolean>
  /** One event at the end of a stream that is there, decided on its newest state: whoever loses a race decides again. */
  command(stream: Stream): Promise<void>
  /** All events of a stream. Answers their number. */
  read(stream: Stream): Promise<number>
  /** The state of a stream now, as a command handler would have it before it decides. Answers its version; 0: there is no such stream. */
  state(stream: Stream): Promise<number>
  readonly feeds: readonly Feed[]
}

/** A way to read everything, from the beginning on, and then what comes. */
export interface Feed {
  readonly name: string
  /** Ends when the signal is aborted. */
  follow(seen: Seen, signal: AbortSignal): Promise<void>
}

/** Told of every event: its stream's id, and its place there, from 1. */
export type Seen = (id: string, version: number) => void

/** A way to run a store. Where there are several, all are tried, and the best counts. */
export interface Setting {
  readonly name: string
  readonly connections: number
  open(url: string): Promise<EventStore>
}

export interface Peer {
  readonly name: string
  /** Makes its tables in an empty database. */
  install(url: string): Promise<void>
  readonly settings: readonly [Setting, ...Setting[]]
}

/** Events that a reader of everything asks for at a time. */
export const PAGE = 1_000
/** How long a reader waits that found nothing new. */
export const IDLE_MS = 5

/** For stores that leave commands to the application: load, decide, append at the version loaded. */
export const byLoading = (store: Omit<EventStore, 'command'>): EventStore => ({
  ...store,
  async command(stream) {
    while (!(await store.append(stream, await store.state(stream))));
  },
})
