// Views as collections of MongoDB, in the database of the URL (`strata`, where it names none): `_id` the key, the document's members, `_seen: {partition, position}`; `_gone: true` where there is no document any
// more. What is remembered is in NAME__memory, places and slots in `_strata_places` and `_strata_slots`. The driver is loaded when it is first needed.
import type { MongoClient } from 'mongodb'
import type { Sink } from './sink.ts'
import type { SlotBook } from './mongo/slots.ts'

const DEFAULT_DATABASE = 'strata'
const CONNECTIONS = 8
/** Until a server that can be written to is found: then it is trouble, and tried again. */
export const SERVER_SELECTION_TIMEOUT_MS = 5_000
export const SOCKET_TIMEOUT_MS = 60_000

export interface MongoSinkOptions {
  /** `mongodb://…` or `mongodb+srv://…`, with the name of the database as its path. */
  readonly url: string
  readonly name?: string
  /** Where the URL names none. */
  readonly database?: string
  /** Whether its collections may be sharded; default: as the server says (mongos). */
  readonly isSharded?: boolean
}

interface Opened {
  readonly client: MongoClient
  readonly slots: SlotBook
}

export function mongoSink({ url, name = 'mongo', database = DEFAULT_DATABASE, isSharded }: MongoSinkOptions): Sink {
  let opening: Promise<Opened> | undefined
  const opened = (): Promise<Opened> => (opening ??= connect(url, databaseOf(url) ?? database, isSharded))
  return {
    name,
    async open(projection, slot) {
      const { slots } = await opened()
      const [{ viewOf }, build] = await Promise.all([import('./mongo/view.ts'), slots.open(projection, slot)])
      return viewOf(build)
    },
    liveVersion: async (projection) => (await opened()).slots.liveVersion(projection.name),
    swap: async (projection, catchUp) => (await opened()).slots.swap(projection.name, catchUp),
    drop: async (projection, slot) => (await opened()).slots.drop(projection.name, slot),
    async [Symbol.asyncDispose]() {
      const last = await opening?.catch(() => undefined)
      await last?.client.close()
    },
  }
}

/** Nothing is sent yet: the client connects, and connects again, by itself. */
async function connect(url: string, database: string, isSharded: boolean | undefined): Promise<Opened> {
  const [{ MongoClient }, { slotBook }] = await Promise.all([import('mongodb'), import('./mongo/slots.ts')])
  const client = new MongoClient(url, {
    appName: 'strata',
    maxPoolSize: CONNECTIONS,
    serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
    socketTimeoutMS: SOCKET_TIMEOUT_MS,
    readPreference: 'primary',
    writeConcern: { w: 'majority', journal: true },
    retryWrites: true,
    ignoreUndefined: true,
  })
  return { client, slots: slotBook(client.db(database), isSharded) }
}

/** The one that a URL names. */
export function databaseOf(url: string): string | undefined {
  const [, name] = /^[^:]+:\/\/[^/?]+\/([^?]+)/.exec(url) ?? []
  return name === undefined ? undefined : decodeURIComponent(name)
}
