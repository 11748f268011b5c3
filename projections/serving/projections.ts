// What a person asks and says of projections, whichever way it comes: how they are; pause, resume, retry, skip.
import { InvalidRequest, NotFound } from '../../ledger/failure.ts'
import type { Ledger } from '../../ledger/index.ts'
import type { Projection } from '../projection.ts'
import { control } from '../runner/control.ts'
import { letterAt, type Skipped } from '../runner/letter.ts'
import type { RunName } from '../runner/leases.ts'
import { skip } from '../runner/skip.ts'
import { projectionStatus, type ProjectionStatus } from './projection-status.ts'

export interface ProjectionsOptions {
  readonly ledger: Ledger
  /** Names of the sinks that every projection is on. */
  readonly sinks: readonly string[]
  readonly projections: readonly Projection[]
}

/** What it is said to: a projection on one sink, or on all of them. */
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

export function projectionsOf({ ledger, sinks, projections }: ProjectionsOptions): Projections {
  const states = control(ledger.database)
  const runsOf = ({ name }: Projection): readonly RunName[] => sinks.map((sink) => ({ sink, view: name }))

  function named(name: string): Projection {
    const found = projections.find((projection) => projection.name === name)
    if (!found) throw new NotFound(`there is no projection ${name}: there are ${projections.map((one) => one.name).join(', ')}`)
    return found
  }

  function runsNamed({ name, sink }: Named): readonly RunName[] {
    const runs = runsOf(named(name)).filter((run) => sink === undefined || run.sink === sink)
    if (runs.length === 0) throw new NotFound(`there is no sink ${sink ?? ''}: there are ${sinks.join(', ')}`)
    return runs
  }

  const one = async (name: string): Promise<ProjectionStatus> => {
    const projection = named(name)
    return projectionStatus(projection, await states.statuses(runsOf(projection)))
  }

  async function toAll(to: Named, work: (run: RunName) => Promise<void>): Promise<ProjectionStatus> {
    for (const run of runsNamed(to)) await work(run)
    return one(to.name)
  }

  return {
    async list() {
      const statuses = await states.statuses(projections.flatMap(runsOf))
      return projections.map((projection) =>
        projectionStatus(
          projection,
          statuses.filter(({ view }) => view === projection.name),
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
        const detail = `must be one of ${sinks.join(', ')}, where there are several`
        throw new InvalidRequest(`sink ${detail}`, [{ pointer: '/sink', detail }])
      }
      await skip(ledger, run, await letterAt(ledger, states, run, skipped), { actor, reason })
      await states.retry(run)
      return one(to.name)
    },
  }
}
