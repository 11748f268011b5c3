// Emmett's PostgreSQL event store: no inline projections, no migration on use, a pool of its own.
import { dumbo } from '@event-driven-io/dumbo'
import { isExpectedVersionConflictError, type Event } from '@event-driven-io/emmett'
import { getPostgreSQLEventStore, readMessagesBatch, type PostgresEventStore } from '@event-driven-io/emmett-postgresql'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { JsonObject } from '../../ledger/json.ts'
import { eventAfter, evolve, noTrade, type Trade } from './events.ts'
import { byLoading, IDLE_MS, PAGE, type EventStore, type Feed, type Peer, type Seen, type Setting, type Stream } from './store.ts'

type TradeEvent = Event<'TradeSubmitted' | 'TradeAmended', JsonObject>

export const emmett: Peer = {
  name: 'Emmett',
  async install(url) {
    const pool = poolAt(url, 1)
    await storeOn(url, pool).schema.migrate()
    await pool.end()
  },
  settings: [setting(16), setting(64)],
}

function setting(connections: number): Setting {
  return { name: `${connections} connections`, connections, open: (url) => open(url, connections) }
}

function poolAt(url: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max })
  // It is ended before its connections are, and the database may be dropped before they are closed.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

const storeOn = (url: string, pool: pg.Pool): PostgresEventStore =>
  getPostgreSQLEventStore(url, { connectionOptions: { pool }, schema: { autoMigration: 'None' } })

const PREFIX = 'trade-'
const nameOf = ({ id }: Stream): string => PREFIX + id

async function open(url: string, connections: number): Promise<EventStore> {
  const pool = poolAt(url, connections)
  const store = storeOn(url, pool)
  return byLoading({
    async append(stream, expected) {
      try {
        // A number even for a new stream: this version takes STREAM_DOES_NOT_EXIST for "any".
        await store.appendToStream<TradeEvent>(nameOf(stream), [eventAfter(expected)], { expectedStreamVersion: BigInt(expected) })
        return true
      } catch (error) {
        if (isExpectedVersionConflictError(error)) return false
        throw error
      }
    },
    read: async (stream) => (await store.readStream(nameOf(stream))).events.length,
    async state(stream) {
      const { state } = await store.aggregateStream(nameOf(stream), {
        initialState: () => noTrade,
        evolve: (trade: Trade, { data }: TradeEvent) => evolve(trade, data),
      })
      return state.version
    },
    feeds: [consumer(url), batches(url)],
    [Symbol.asyncDispose]: () => pool.end(),
  })
}

const tell = (seen: Seen, { streamName, streamPosition }: { readonly streamName: string; readonly streamPosition: bigint }): void =>
  seen(streamName.slice(PREFIX.length), Number(streamPosition))

/** What its documentation shows: a reactor, which is told of each message and keeps a checkpoint. */
function consumer(url: string): Feed {
  return {
    name: 'consumer',
    async follow(seen, signal) {
      const pool = poolAt(url, 2)
      const following = storeOn(url, pool).consumer<TradeEvent>({ pulling: { batchSize: PAGE, pullingFrequencyInMs: IDLE_MS } })
      following.reactor<TradeEvent>({
        processorId: crypto.randomUUID(),
        eachMessage: ({ metadata }) => tell(seen, metadata),
      })
      const ended = following.start()
      await aborted(signal)
      await following.stop()
      await ended
      await pool.end()
    },
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => (signal.aborted ? done() : signal.addEventListener('abort', () => done(), { once: true })))

/** The read below it, without checkpoints and without its pauses. */
function batches(url: string): Feed {
  return {
    name: 'readMessagesBatch',
    async follow(seen, signal) {
      const pool = poolAt(url, 1)
      const { execute } = dumbo({ connectionString: url, pool })
      for (let after = 0n; !signal.aborted;) {
        const { messages, currentGlobalPosition } = await readMessagesBatch<TradeEvent>(execute, { after, batchSize: PAGE })
        for (const { metadata } of messages) tell(seen, metadata)
        after = currentGlobalPosition
        if (messages.length === 0) await sleep(IDLE_MS)
      }
      await pool.end()
    },
  }
}
