// One event at a time, by many: first the event alone, with the version that it expects (new streams, then a second event for each of them), then whole commands, which decide on the newest state
// (a third event). By how many are in flight, since that is what group commit lives on. Turns are taken within each round.
import { compared, type Goal, type Result } from '../result.ts'
import { median } from '../statistics.ts'
import type { Contest, Contestant } from './contest.ts'
import { streamOf } from './events.ts'
import { keepBusy, type Done } from './load.ts'
import type { EventStore, Setting } from './store.ts'

/** Where the goal stands. */
const MANY = 1_000
export const IN_FLIGHT = [1, 16, 100, MANY]
const WARM_UP_SECONDS = 0.3

export const KINDS = {
  first: 'append to new streams',
  next: 'append to known streams',
  command: 'commands on known streams',
} as const
type Kind = keyof typeof KINDS
const kinds = Object.keys(KINDS) as readonly Kind[]

/** What is measured one after the other by one store in one way of running it. */
interface Line {
  readonly contestant: Contestant
  readonly setting: Setting
  readonly inFlight: number
  readonly turns: Turn[]
}

type Turn = Readonly<Record<Kind, Done>>

export async function append(contest: Contest, inFlights = IN_FLIGHT): Promise<readonly Result[]> {
  const { contestants, rounds, say } = contest
  const lines = inFlights.flatMap((inFlight) =>
    contestants.flatMap((contestant) =>
      settingsFor(contestant, inFlight).map((setting): Line => ({ contestant, setting, inFlight, turns: [] })),
    ),
  )
  for (let round = 1; round <= rounds; round++)
    for (const line of lines) {
      const turn = await takeTurn(line, contest)
      line.turns.push(turn)
      const rates = kinds.map((kind) => `${KINDS[kind]} ${Math.round(turn[kind].perSecond)}/s`)
      say(
        `peers: round ${round} of ${rounds}, ${line.inFlight} in flight, ${line.contestant.peer.name} (${line.setting.name}): ${rates.join(', ')}`,
      )
    }
  return inFlights.flatMap((inFlight) =>
    kinds.flatMap((kind) =>
      summary(
        lines.filter((line) => line.inFlight === inFlight),
        kind,
      ),
    ),
  )
}

/** More connections than calls would only stand idle. */
function settingsFor({ peer: { settings } }: Contestant, inFlight: number): readonly Setting[] {
  const fitting = settings.filter(({ connections }) => connections <= inFlight)
  return fitting.length === 0 ? [settings[0]] : fitting
}

let turns = 0

async function takeTurn({ contestant, setting, inFlight }: Line, { seconds, cpuSeconds }: Contest): Promise<Turn> {
  await using store = await setting.open(contestant.url)
  const run = `r${process.pid}t${++turns}`
  const busy = (one: (n: number) => Promise<unknown> | undefined): Promise<Done> => keepBusy({ inFlight, seconds, cpuSeconds }, one)
  await keepBusy({ inFlight, seconds: Math.min(WARM_UP_SECONDS, seconds), cpuSeconds }, (n) => mustAppend(store, `${run}w`, n, 0))
  const first = await busy((n) => mustAppend(store, run, n, 0))
  const next = await busy((n) => (n < first.count ? mustAppend(store, run, n, 1) : undefined))
  const command = await busy((n) => (n < next.count ? store.command(streamOf(run, n)) : undefined))
  return { first, next, command }
}

async function mustAppend(store: EventStore, run: string, n: number, expected: number): Promise<void> {
  if (!(await store.append(streamOf(run, n), expected)))
    throw new Error(`event ${expected + 1} of a stream that nobody else writes was refused`)
}

/** Strata against each of the others in its best setting. */
function summary(lines: readonly Line[], kind: Kind): readonly Result[] {
  const [strata, ...others] = lines
  if (!strata) return []
  const all = { strata, kind }
  const best = [...Map.groupBy(others, ({ contestant }) => contestant).values()].map((own) =>
    own.reduce((a, b) => (ratio(all, b) < ratio(all, a) ? b : a)),
  )
  const fastest = Math.min(...best.map((line) => ratio(all, line)))
  return best.flatMap((line) => {
    const isMany = line.inFlight === MANY
    const goal = isMany && ratio(all, line) === fastest ? { atLeast: 5 } : undefined
    return [rates(all, line, goal), ...(isMany && kind === 'next' ? cpu(all, line) : [])]
  })
}

interface Against {
  readonly strata: Line
  readonly kind: Kind
}

const ratio = ({ strata, kind }: Against, line: Line): number =>
  median(strata.turns.map((turn, round) => turn[kind].perSecond / (line.turns[round]?.[kind].perSecond ?? NaN)))

const nameOf = (kind: Kind, { contestant, setting, inFlight }: Line): string =>
  `peers: ${KINDS[kind]}, ${inFlight.toLocaleString('en')} in flight, against ${contestant.peer.name} (${setting.name})`

function rates(against: Against, line: Line, goal: Goal | undefined): Result {
  const { strata, kind } = against
  const rate = ({ turns: all }: Line): number => median(all.map((turn) => turn[kind].perSecond))
  return compared(nameOf(kind, line), 'events/s', rate(strata), rate(line), goal, ratio(against, line))
}

/** What an event costs, in this process and in PostgreSQL: it is less at the mercy of what else the machine does than a rate. */
function cpu({ strata, kind }: Against, line: Line): readonly Result[] {
  const micros = ({ turns: all }: Line, side: 'clientMicros' | 'serverMicros'): number => median(all.map((turn) => turn[kind][side]))
  return (['clientMicros', 'serverMicros'] as const)
    .filter((side) => Number.isFinite(micros(strata, side)))
    .map((side) =>
      compared(
        `${nameOf(kind, line)}: computed in ${side === 'clientMicros' ? 'this process' : 'PostgreSQL'}`,
        'us/event',
        micros(strata, side),
        micros(line, side),
      ),
    )
}
