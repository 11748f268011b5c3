// What a person asks and says of projections, whichever way it comes: how they are; pause, resume, retry, skip.
import { kinds } from '../../ledger/entities/index.ts'
import { InvalidRequest, NotFound } from '../../ledger/failure.ts'
import type { Ledger } from '../../ledger/index.ts'
import { control } from '../runner/control.ts'
import { parts, type KeepingAll } from './keeping.ts'
import { letterAt, type Skipped } from '../runner/letter.ts'
import type { RunName } from '../runner/leases.ts'
import { skip } from '../runner/skip.ts'
import { RELAYED } from '../runner/target.ts'
import { projectionStatus, type ProjectionStatus, type Told } from './projection-status.ts'

/** Sinks by their names. */
export interface ProjectionsOptions extends KeepingAll {
  readonly ledger: Ledger
  /** Names of what the feed is relayed to. */
  readonly relays?: readonly string[]
}

interface Listed extends Told {
  readonly sinks: readonly string[]
}

const RELAYED_FEED: Told = { name: RELAYED, version: 1, summary: 'Every version, published', kinds: Object.keys(kinds) }

/** What it is said to: a projection, or the feed, on one sink, or on all of them. */
export interface Named {
  readonly name: string
  readonly sink?: string | undefined
}

export interface Projections {
  list(): Promise<readonly ProjectionStatus[]>
  /** These throw NotFound, where there is no such projection or sink, and answer how it is then. */
  one(name: string): Promise<ProjectionStatus>
  pause(named: Named, actor: string): Promise<ProjectionStatus>
  resume(named: Named): Promise<ProjectionStatus>
  retry(named: Named): Promise<ProjectionStatus>
  /** The version is left out for good, which the ledger records; then the projection tries again. Throws InvalidRequest where it has to be said which sink. */
  skip(named: Named, skipped: Skipped & { readonly actor: string; readonly reason: string }): Promise<ProjectionStatus>
}

export function projectionsOf({ ledger, relays = [], ...keeping }: ProjectionsOptions): Projections {
  const states = control(ledger.database)
  const listed: readonly Listed[] = [...byName(keeping), ...(relays.length > 0 ? [{ ...RELAYED_FEED, sinks: relays }] : [])]
  const runsOf = ({ name, sinks }: Listed): readonly RunName[] => sinks.map((sink) => ({ sink, view: name }))

  function named(name: string): Listed {
    const found = listed.find((one) => one.name === name)
    if (!found) throw new NotFound(`there is no projection ${name}: there are ${listed.map((one) => one.name).join(', ')}`)
    return found
  }

  function runsNamed({ name, sink }: Named): readonly RunName[] {
    const found = named(name)
    const runs = runsOf(found).filter((run) => sink === undefined || run.sink === sink)
    if (runs.length === 0) throw new NotFound(`${name} is on no sink ${sink ?? ''}: it is on ${found.sinks.join(', ') || 'none'}`)
    return runs
  }

  const one = async (name: string): Promise<ProjectionStatus> => {
    const found = named(name)
    return projectionStatus(found, await states.statuses(runsOf(found)))
  }

  async function toAll(to: Named, work: (run: RunName) => Promise<void>): Promise<ProjectionStatus> {
    for (const run of runsNamed(to)) await work(run)
    return one(to.name)
  }

  return {
    async list() {
      const statuses = await states.statuses(listed.flatMap(runsOf))
      return listed.map((one) =>
        projectionStatus(
          one,
          statuses.filter(({ view }) => view === one.name),
        ),
      )
    },
    one,
    pause: (to, actor) => toAll(to, (run) => states.pause(run, actor)),
    resume: (to) => toAll(to, (run) => states.resume(run)),
    retry: (to) => toAll(to, (run) => states.retry(run)),
    async skip(to, { actor, reason, ...skipped }) {
      const [run, another] = runsNamed(to)
      if (!run || another) {
        const detail = `must be one of ${named(to.name).sinks.join(', ')}, where there are several`
        throw new InvalidRequest(`sink ${detail}`, [{ pointer: '/sink', detail }])
      }
      await skip(ledger, run, await letterAt(ledger, states, run, skipped), { actor, reason })
      await states.retry(run)
      return one(to.name)
    },
  }
}

/** One name is one projection, in whichever form its sinks keep it. */
function byName(keeping: KeepingAll): readonly Listed[] {
  const listed = new Map<string, Listed>()
  for (const { sinks, projections } of parts(keeping))
    for (const { name, version, summary, kinds: ofKinds } of projections) {
      const known = listed.get(name)
      listed.set(name, known ? { ...known, sinks: [...known.sinks, ...sinks] } : { name, version, summary, kinds: ofKinds, sinks })
    }
  return [...listed.values()]
}
