// One stream that everybody writes: commands that decide on its newest state, and whether it holds afterwards what was acknowledged.
import { compared, figure, type Result } from '../result.ts'
import { median } from '../statistics.ts'
import type { Contest, Contestant } from './contest.ts'
import { streamOf } from './events.ts'
import { keepBusy } from './load.ts'

const WRITERS = 16

interface Turn {
  readonly perSecond: number
  /** Events that are in the stream and were acknowledged to nobody, or the other way round. */
  readonly wrong: number
}

export async function hot({ contestants, rounds, seconds, cpuSeconds, say }: Contest): Promise<readonly Result[]> {
  const turns = new Map(contestants.map((contestant) => [contestant, [] as Turn[]]))
  for (let round = 0; round < rounds; round++) for (const [contestant, own] of turns) own.push(await takeTurn(contestant, round))
  say('peers: one stream, many writers: measured')
  const [strata, ...others] = [...turns]
  if (!strata) return []
  const rate = (all: readonly Turn[]): number => median(all.map(({ perSecond }) => perSecond))
  const ratio = (all: readonly Turn[]): number =>
    median(strata[1].map(({ perSecond }, round) => perSecond / (all[round]?.perSecond ?? NaN)))
  const fastest = Math.min(...others.map(([, all]) => ratio(all)))
  return [
    ...others.map(([{ peer }, all]) =>
      compared(
        `peers: commands on one stream, ${WRITERS} in flight, against ${peer.name}`,
        'events/s',
        rate(strata[1]),
        rate(all),
        ratio(all) === fastest ? { atLeast: 5 } : undefined,
        ratio(all),
      ),
    ),
    ...[...turns].map(([{ peer }, all]) =>
      figure(
        `peers: events of that stream that nobody was told of, or that are not there: ${peer.name}`,
        'events',
        all.reduce((sum, { wrong }) => sum + wrong, 0),
        peer === strata[0].peer ? { atMost: 0 } : undefined,
      ),
    ),
  ]

  async function takeTurn({ peer, url }: Contestant, round: number): Promise<Turn> {
    await using store = await peer.settings[0].open(url)
    const stream = streamOf('hot', round)
    await store.append(stream, 0)
    const { count, perSecond } = await keepBusy({ inFlight: WRITERS, seconds, cpuSeconds }, () => store.command(stream))
    return { perSecond, wrong: Math.abs((await store.read(stream)) - (count + 1)) }
  }
}
