// Reading one stream whole, and the state that it comes to: how long one reader waits, and how much sixteen read together.
import { inTurns, type Result } from '../result.ts'
import { percentile, seconds as secondsOf } from '../statistics.ts'
import type { Contest, Contestant } from './contest.ts'
import { longStream, type Filling } from './fill.ts'
import { keepBusy } from './keep-busy.ts'

const READERS = 16
const WARM_UP = 20

const KINDS = { read: 'read of a stream', state: 'state of a stream' } as const
type Kind = keyof typeof KINDS

interface Question {
  readonly kind: Kind
  /** In each of so many streams. */
  readonly events: number
  readonly streams: number
}

interface Turn {
  readonly p50Micros: number
  readonly perSecond: number
}

export async function streams(contest: Contest, { long }: Filling): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const filled of long)
    for (const kind of ['read', 'state'] as const) {
      const question = { kind, ...filled }
      const turns = contest.contestants.map((contestant) => ({ name: contestant.peer.name, contestant, own: [] as Turn[] }))
      for (let round = 0; round < contest.rounds; round++)
        for (const { contestant, own } of turns) own.push(await takeTurn(contestant, question, contest))
      results.push(...summary(question, turns))
      contest.say(`peers: ${KINDS[kind]} of ${filled.events} events: measured`)
    }
  return results
}

async function takeTurn(
  { peer, url }: Contestant,
  { kind, events, streams: count }: Question,
  { seconds, cpuSeconds }: Contest,
): Promise<Turn> {
  await using store = await peer.settings[0].open(url)
  const one = async (n: number): Promise<void> => {
    const found = await store[kind](longStream(events, n % count))
    if (found !== events) throw new Error(`a stream of ${events} events was read as ${found}`)
  }
  for (let n = 0; n < WARM_UP; n++) await one(n)
  const micros: number[] = []
  const work = { seconds: seconds / 2, cpuSeconds }
  await keepBusy({ ...work, inFlight: 1 }, async (n) => micros.push((await secondsOf(() => one(n))) * 1e6))
  const { perSecond } = await keepBusy({ ...work, inFlight: READERS }, one)
  return { p50Micros: percentile(micros, 0.5), perSecond }
}

function summary(
  { kind, events }: Question,
  turns: readonly { readonly name: string; readonly own: readonly Turn[] }[],
): readonly Result[] {
  const [strata, ...others] = turns
  if (!strata) return []
  const p50s = (own: readonly Turn[]): readonly number[] => own.map(({ p50Micros }) => p50Micros)
  const rates = (own: readonly Turn[]): readonly number[] => own.map(({ perSecond }) => perSecond * (kind === 'read' ? events : 1))
  const name = `peers: ${KINDS[kind]} of ${events.toLocaleString('en')} events`
  return others.flatMap((other) => [
    inTurns(`${name}, p50 of one reader, against ${other.name}`, 'us', p50s(strata.own), p50s(other.own)),
    inTurns(
      `${name}, ${READERS} readers, against ${other.name}`,
      kind === 'read' ? 'events/s' : 'states/s',
      rates(strata.own),
      rates(other.own),
    ),
  ])
}
