// What is told of a projection, over all the sinks that it is on: the same over HTTP and on the command line.
import type { Projection } from '../projection.ts'
import type { DeadLetter, Lag, RunState, RunStatus } from '../runner/control.ts'

/** What is told of, a view or what is relayed, whichever sinks it is on. */
export type Told = Pick<Projection, 'name' | 'version' | 'summary' | 'kinds'>

export interface ProjectionStatus extends Told {
  /** The worst of its sinks. */
  readonly state: RunState
  /** By partition, of the sink that is furthest behind there. */
  readonly positions: readonly number[]
  readonly lag: Lag
  readonly deadLetters: readonly (DeadLetter & { readonly sink: string })[]
  readonly sinks: readonly Omit<RunStatus, 'view'>[]
}

/** Worst first. */
const STATES: readonly RunState[] = ['stopped', 'retrying', 'idle', 'paused', 'running']

export function projectionStatus({ name, version, summary, kinds }: Told, runs: readonly RunStatus[]): ProjectionStatus {
  const states = runs.map(({ state }) => state)
  const [first] = runs
  return {
    name,
    version,
    summary,
    kinds,
    state: STATES.find((state) => states.includes(state)) ?? 'idle',
    positions: (first?.positions ?? []).map((_, partition) => Math.min(...runs.map(({ positions }) => positions[partition] ?? 0))),
    lag: {
      versions: Math.max(0, ...runs.map(({ lag }) => lag.versions)),
      seconds: Math.max(0, ...runs.map(({ lag }) => lag.seconds)),
    },
    deadLetters: runs.flatMap(({ sink, deadLetters }) => deadLetters.map((letter) => ({ sink, ...letter }))),
    sinks: runs.map(({ view: _, ...run }) => run),
  }
}
