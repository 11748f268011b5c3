// Reading everything from the beginning, in pages of a thousand, by every way that a store has to do it.
import { inTurns, type Result } from '../result.ts'
import type { Contest, Contestant } from './contest.ts'
import { eventsIn, type Filling } from './fill.ts'
import { startReading } from './reader.ts'

export async function drain({ contestants, rounds, say }: Contest, filling: Filling): Promise<readonly Result[]> {
  const ways = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++)
    for (const contestant of contestants)
      for (const [name, rate] of await takeTurn(contestant, eventsIn(filling))) ways.set(name, [...(ways.get(name) ?? []), rate])
  say('peers: all events, in order: measured')
  const [strata, ...others] = [...ways]
  if (!strata) return []
  return others.map(([name, rates]) => inTurns(`peers: all events, in pages of 1,000, against ${name}`, 'events/s', strata[1], rates))
}

async function takeTurn({ peer, url }: Contestant, events: number): Promise<readonly [string, number][]> {
  await using store = await peer.settings[0].open(url)
  const rates: [string, number][] = []
  for (const feed of store.feeds) {
    const { seen, seconds } = await startReading(feed).until(({ size }) => size >= events)
    rates.push([`${peer.name} (${feed.name})`, seen.size / seconds])
  }
  return rates
}
