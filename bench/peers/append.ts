// One event at a time, by many: first the event alone, with the version that it expects (new streams, then a second event for each of them), then whole commands, which decide on the newest state
// (a third event). By how many are in flight, since that is what group commit lives on. Turns are taken within each round.
import { inTurns, type Result } from '../result.ts'
import { ratioInTurns } from '../statistics.ts'
import type { Contest, Contestant } from './contest.ts'
import { streamOf } from './events.ts'
import { keepBusy, type Done } from './keep-busy.ts'
import type { EventStore, Setting } from './store.ts'

/** Where the goal stands. */
const MANY = 1_000
const IN_FLIGHT = [1, 16, 100, MANY]
const GOAL = { atLeast: 5 }
const WARM_UP_SECONDS = 0.5

const KINDS = {
  first: 'append to new streams',
  next: 'append to known streams',
  command: 'commands on known streams',
} as const
type Kind = keyof typeof KINDS
const kinds = Object.keys(KINDS) as readonly Kind[]

/** A store in one way of running it. */
interface Side {
  readonly contestant: Contestant
  readonly setting: Setting
  readonly inFlight: number
  readonly turns: Turn[]
}

type Turn = Readonly<Record<Kind, Done>>

export async function append(contest: Contest, inFlights = IN_FLIGHT): Promise<readonly Result[]> {
  const { contestants, rounds, say } = contest
  const sides = inFlights.flatMap((inFlight) =>
    contestants.flatMap((contestant) =>
      settingsFor(contestant, inFlight).map((setting): Side => ({ contestant, setting, inFlight, turns: [] })),
    ),
  )
  for (let round = 1; round <= rounds; round++)
    for (const side of sides) {
      const turn = await takeTurn(side, contest)
      side.turns.push(turn)
      const rates = kinds.map((kind) => `${KINDS[kind]} ${Math.round(turn[kind].perSecond)}/s`)
      say(`peers: round ${round} of ${rounds}, ${side.inFlight} in flight, ${whoOf(side)}: ${rates.join(', ')}`)
    }
  return inFlights.flatMap((inFlight) => {
    const [strata, ...others] = sides.filter((side) => side.inFlight === inFlight)
    return strata ? kinds.flatMap((kind) => summary(kind, strata, others)) : []
  })
}

/** More connections than calls would only stand idle. */
function settingsFor({ peer: { settings } }: Contestant, inFlight: number): readonly Setting[] {
  const fitting = settings.filter(({ connections }) => connections <= inFlight)
  return fitting.length === 0 ? [settings[0]] : fitting
}

let turns = 0

async function takeTurn({ contestant, setting, inFlight }: Side, { seconds, cpuSeconds }: Contest): Promise<Turn> {
  await using store = await setting.open(contestant.url)
  const run = `r${process.pid}t${++turns}`
  const work = { inFlight, seconds, cpuSeconds }
  await keepBusy({ ...work, seconds: Math.min(WARM_UP_SECONDS, seconds) }, (n) => mustAppend(store, `${run}w`, n, 0))
  const first = await keepBusy(work, (n) => mustAppend(store, run, n, 0))
  const next = await keepBusy(work, (n) => (n < first.count ? mustAppend(store, run, n, 1) : undefined))
  const command = await keepBusy(work, (n) => (n < next.count ? store.command(streamOf(run, n)) : undefined))
  return { first, next, command }
}

async function mustAppend(store: EventStore, run: string, n: number, expected: number): Promise<void> {
  if (!(await store.append(streamOf(run, n), expected)))
    throw new Error(`event ${expected + 1} of a stream that nobody else writes was refused`)
}

const whoOf = ({ contestant, setting }: Side): string => `${contestant.peer.name} (${setting.name})`

/** Strata against each of the others in its best setting. The goal is for the fastest of them. */
function summary(kind: Kind, strata: Side, others: readonly Side[]): readonly Result[] {
  const values = (side: Side, figure: 'perSecond' | 'clientMicros' | 'serverMicros'): readonly number[] =>
    side.turns.map((turn) => turn[kind][figure])
  const ratio = (side: Side): number => ratioInTurns(values(strata, 'perSecond'), values(side, 'perSecond'))
  const faster = (a: Side, b: Side): Side => (ratio(b) < ratio(a) ? b : a)
  const best = [...Map.groupBy(others, ({ contestant }) => contestant).values()].map((own) => own.reduce(faster))
  const isMany = strata.inFlight === MANY
  return best.flatMap((side) => {
    const name = `peers: ${KINDS[kind]}, ${side.inFlight.toLocaleString('en')} in flight, against ${whoOf(side)}`
    const goal = isMany && side === best.reduce(faster) ? GOAL : undefined
    const cost = (figure: 'clientMicros' | 'serverMicros', where: string): Result =>
      inTurns(`${name}: computed in ${where}`, 'us/event', values(strata, figure), values(side, figure))
    return [
      inTurns(name, 'events/s', values(strata, 'perSecond'), values(side, 'perSecond'), goal),
      // Less at the mercy of what else the machine does than a rate.
      ...(isMany && kind !== 'first' ? [cost('clientMicros', 'this process'), cost('serverMicros', 'PostgreSQL')] : []),
    ].filter(({ value }) => Number.isFinite(value))
  })
}
