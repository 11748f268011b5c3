// Reading one stream whole, and loading the state that it comes to: how long one reader waits, and how much sixteen read together.
import { compared, type Result } from '../result.ts'
import { median, percentile, seconds as secondsOf } from '../statistics.ts'
import type { Contest, Contestant } from './contest.ts'
import { longStream, type Filling } from './fill.ts'
import { keepBusy } from './load.ts'
import type { EventStore } from './store.ts'

const READERS = 16
const WARM_UP = 20

const KINDS = { read: 'read of a stream', load: 'state of a stream' } as const
type Kind = keyof typeof KINDS

interface Turn {
  readonly p50: number
  readonly perSecond: number
}

export async function streams({ contestants, rounds, seconds, cpuSeconds, say }: Contest, { long }: Filling): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const { streams: count, events } of long)
    for (const kind of ['read', 'load'] as const) {
      const turns = new Map(contestants.map((contestant) => [contestant, [] as Turn[]]))
      for (let round = 0; round < rounds; round++)
        for (const contestant of contestants) turns.get(contestant)?.push(await takeTurn(contestant))
      results.push(...summary(turns, `peers: ${KINDS[kind]} of ${events.toLocaleString('en')} events`, kind === 'read' ? events : 1))
      say(`peers: ${KINDS[kind]} of ${events} events: measured`)

      async function takeTurn({ peer, url }: Contestant): Promise<Turn> {
        await using store = await peer.settings[0].open(url)
        const one = (n: number): Promise<void> => whole(store, kind, n % count, events)
        for (let n = 0; n < WARM_UP; n++) await one(n)
        const micros: number[] = []
        await keepBusy({ inFlight: 1, seconds: seconds / 2, cpuSeconds }, async (n) => micros.push((await secondsOf(() => one(n))) * 1e6))
        const { perSecond } = await keepBusy({ inFlight: READERS, seconds: seconds / 2, cpuSeconds }, one)
        return { p50: percentile(micros, 0.5), perSecond }
      }
    }
  return results
}

async function whole(store: EventStore, kind: Kind, n: number, events: number): Promise<void> {
  const found = await store[kind](longStream(events, n))
  if (found !== events) throw new Error(`a stream of ${events} events was read as ${found}`)
}

function summary(turns: ReadonlyMap<Contestant, readonly Turn[]>, name: string, eventsEach: number): readonly Result[] {
  const [strata, ...others] = [...turns]
  if (!strata) return []
  const of = (all: readonly Turn[], key: keyof Turn): number => median(all.map((turn) => turn[key]))
  const ratio = (all: readonly Turn[], key: keyof Turn): number =>
    median(strata[1].map((turn, round) => turn[key] / (all[round]?.[key] ?? NaN)))
  return others.flatMap(([{ peer }, all]) => [
    compared(`${name}, p50 of one reader, against ${peer.name}`, 'us', of(strata[1], 'p50'), of(all, 'p50'), undefined, ratio(all, 'p50')),
    compared(
      `${name}, ${READERS} readers, against ${peer.name}`,
      eventsEach === 1 ? 'states/s' : 'events/s',
      of(strata[1], 'perSecond') * eventsEach,
      of(all, 'perSecond') * eventsEach,
      undefined,
      ratio(all, 'perSecond'),
    ),
  ])
}
