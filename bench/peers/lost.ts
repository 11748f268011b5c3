// Events that were acknowledged, and never seen by a reader that began before them and went on from place to place, as its store has it: sixteen writers, each event in a stream of its own.
import { figure, type Result } from '../result.ts'
import type { Contest, Contestant } from './contest.ts'
import { streamOf } from './events.ts'
import { keepBusy } from './keep-busy.ts'
import { eventKey, startReading, type Reading } from './reader.ts'

const WRITERS = 16

export async function lost({ contestants, seconds, say }: Contest): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const contestant of contestants) {
    const { acknowledged, readings } = await race(contestant, seconds)
    for (const [feed, { seen }] of readings) {
      const missing = acknowledged.difference(seen).size
      const name = `peers: events that a reader never saw, of ${acknowledged.size.toLocaleString('en')} by ${WRITERS} writers: ${contestant.peer.name} (${feed})`
      say(`${name}: ${missing}`)
      results.push(figure(name, 'events', missing, contestant === contestants[0] ? { atMost: 0 } : undefined))
    }
  }
  return results
}

interface Race {
  readonly acknowledged: ReadonlySet<string>
  readonly readings: readonly (readonly [feed: string, Reading])[]
}

/** All the ways to read that a store has, at the same time. */
async function race({ peer, url }: Contestant, seconds: number): Promise<Race> {
  await using store = await peer.settings[0].open(url)
  const readers = store.feeds.map((feed) => [feed.name, startReading(feed)] as const)
  const acknowledged = new Set<string>()
  await keepBusy({ inFlight: WRITERS, seconds, cpuSeconds: async () => NaN }, async (n) => {
    const stream = streamOf('lost', n)
    if (await store.append(stream, 0)) acknowledged.add(eventKey(stream.id, 1))
  })
  const readings = readers.map(async ([name, reader]) => [name, await reader.until((seen) => acknowledged.isSubsetOf(seen))] as const)
  return { acknowledged, readings: await Promise.all(readings) }
}
