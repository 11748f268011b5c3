// castore's event store with its PostgreSQL adapter.
import { EventStore as CastoreStore, EventType, isEventAlreadyExistsError } from '@castore/core'
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '../../ledger/json.ts'
import { eventAfter, evolve, noTrade } from './events.ts'
import { byLoading, IDLE_MS, PAGE, type EventStore, type Feed, type Peer, type Setting } from './store.ts'

/** An adapter has a pool of this many connections, which nothing in its interface changes. */
const POOL = 10

export const castore: Peer = {
  name: 'castore',
  async install(url) {
    await PostgresEventStorageAdapter.createEventTable({ connectionString: url, aggregateId: { type: 'VARCHAR', length: 64 } })
  },
  settings: [setting(1), setting(3), setting(6)],
}

function setting(adapters: number): Setting {
  const connections = adapters * POOL
  return {
    name: adapters === 1 ? `${connections} connections` : `${connections} connections of ${adapters} adapters`,
    connections,
    open: (url) => open(url, adapters),
  }
}

type Details = { aggregateId: string; version: number; type: string; timestamp: string; payload: JsonObject }
type Aggregate = { aggregateId: string; version: number; terms: JsonObject }

function storeAt(url: string) {
  const connectionString = new URL(url)
  connectionString.searchParams.set('idle_timeout', '1') // nothing else closes its connections
  return new CastoreStore({
    eventStoreId: 'trade',
    eventTypes: [
      new EventType<string, JsonObject>({ type: 'TradeSubmitted' }),
      new EventType<string, JsonObject>({ type: 'TradeAmended' }),
    ],
    reducer: (aggregate: Aggregate, event: Details): Aggregate => ({
      aggregateId: event.aggregateId,
      ...evolve(aggregate ?? noTrade, event.payload),
    }),
    eventStorageAdapter: new PostgresEventStorageAdapter({ connectionString: connectionString.href }),
  })
}

type Store = ReturnType<typeof storeAt>

async function open(url: string, adapters: number): Promise<EventStore> {
  const stores = Array.from({ length: adapters }, () => storeAt(url))
  let next = 0
  const any = (): Store => stores[next++ % stores.length] as Store
  return byLoading({
    async append({ id }, expected) {
      const { type, data } = eventAfter(expected)
      try {
        await any().pushEvent({ aggregateId: id, version: expected + 1, type, payload: data })
        return true
      } catch (error) {
        if (isEventAlreadyExistsError(error)) return false
        throw error
      }
    },
    read: async ({ id }) => (await any().getEvents(id)).events.length,
    state: async ({ id }) => (await any().getAggregate(id)).aggregate?.version ?? 0,
    feeds: [listing(url)],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
}

/** It has no feed. The nearest: list the aggregates that began after the last one seen, and read each. Later events of an aggregate are not found in this way. */
function listing(url: string): Feed {
  return {
    name: 'listAggregateIds',
    async follow(seen, signal) {
      const store = storeAt(url)
      for (let after: string | undefined; !signal.aborted;) {
        const { aggregateIds } = await store.listAggregateIds({ limit: PAGE, ...(after !== undefined && { initialEventAfter: after }) })
        const events = await Promise.all(aggregateIds.map(({ aggregateId }) => store.getEvents(aggregateId)))
        for (const { aggregateId, version } of events.flatMap((one) => one.events)) seen(aggregateId, version)
        after = aggregateIds.at(-1)?.initialEventTimestamp ?? after
        if (aggregateIds.length === 0) await sleep(IDLE_MS)
      }
    },
  }
}
