// The same events in every store, to be read: long streams among many short ones. Made by appending them one by one, as each store's own users would.
import { query } from '../server.ts'
import type { Contestant } from './contest.ts'
import { streamOf } from './events.ts'
import { keepBusy } from './keep-busy.ts'
import type { EventStore, Stream } from './store.ts'

export interface Filling {
  readonly long: readonly { readonly streams: number; readonly events: number }[]
  /** Of one event each. */
  readonly short: number
}

export const eventsIn = ({ long, short }: Filling): number => long.reduce((sum, { streams, events }) => sum + streams * events, short)

const runOf = (events: number): string => `fill${events}`
export const longStream = (events: number, n: number): Stream => streamOf(runOf(events), n)

export async function fill({ peer, url }: Contestant, { long, short }: Filling): Promise<void> {
  const [setting] = peer.settings
  await using store = await setting.open(url)
  for (const { streams, events } of long) await each(setting.connections, streams, (n) => appendAll(store, longStream(events, n), events))
  await each(setting.connections, short, (n) => appendAll(store, streamOf(runOf(1), n), 1))
  // As autovacuum would have, sooner or later.
  await query(url, 'vacuum analyze')
}

async function appendAll(store: EventStore, stream: Stream, events: number): Promise<void> {
  for (let n = 0; n < events; n++)
    if (!(await store.append(stream, n))) throw new Error('an event of a stream that nobody else writes was refused')
}

const each = (inFlight: number, count: number, work: (n: number) => Promise<void>): Promise<unknown> =>
  keepBusy({ inFlight, seconds: Infinity, cpuSeconds: async () => NaN }, (n) => (n < count ? work(n) : undefined))
