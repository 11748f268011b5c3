// One stream that everybody writes: commands that decide on its newest state, and whether it holds afterwards what was acknowledged.
import { figure, inTurns, type Result } from '../result.ts'
import { ratioInTurns } from '../statistics.ts'
import type { Contest, Contestant } from './contest.ts'
import { streamOf } from './events.ts'
import { keepBusy } from './keep-busy.ts'

const WRITERS = 16
const GOAL = { atLeast: 5 }

interface Side {
  readonly contestant: Contestant
  readonly rates: number[]
  /** Events that are in the stream and were acknowledged to nobody, or the other way round. */
  readonly wrong: number[]
}

export async function hot(contest: Contest): Promise<readonly Result[]> {
  const sides = contest.contestants.map((contestant): Side => ({ contestant, rates: [], wrong: [] }))
  for (let round = 0; round < contest.rounds; round++) for (const side of sides) await takeTurn(side, round, contest)
  contest.say('peers: one stream, many writers: measured')
  const [strata, ...others] = sides
  if (!strata) return []
  const ratio = ({ rates }: Side): number => ratioInTurns(strata.rates, rates)
  const fastest = Math.min(...others.map(ratio))
  return [
    ...others.map((side) => {
      const name = `peers: commands on one stream, ${WRITERS} in flight, against ${side.contestant.peer.name}`
      return inTurns(name, 'events/s', strata.rates, side.rates, ratio(side) === fastest ? GOAL : undefined)
    }),
    ...sides.map((side) => {
      const name = `peers: events of that stream that nobody was told of, or that are not there: ${side.contestant.peer.name}`
      const sum = side.wrong.reduce((a, b) => a + b, 0)
      return figure(name, 'events', sum, side === strata ? { atMost: 0 } : undefined)
    }),
  ]
}

async function takeTurn({ contestant: { peer, url }, rates, wrong }: Side, round: number, { seconds, cpuSeconds }: Contest): Promise<void> {
  await using store = await peer.settings[0].open(url)
  const stream = streamOf('hot', round)
  await store.append(stream, 0)
  const { count, perSecond } = await keepBusy({ inFlight: WRITERS, seconds, cpuSeconds }, () => store.command(stream))
  rates.push(perSecond)
  wrong.push(Math.abs((await store.read(stream)) - (count + 1)))
}
