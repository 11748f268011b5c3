// What is counted of projections, for Prometheus. State and lag are of the whole ledger, and every server tells the same; batches are what this server did.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { RunState, RunStatus } from '../runner/control.ts'
import type { ProjectorOptions } from '../runner/projector.ts'
import type { Watch } from './watch.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const STATES: readonly RunState[] = ['running', 'paused', 'retrying', 'stopped', 'idle']
const RUN = ['sink', 'view'] as const

export interface ProjectionMetrics {
  readonly onBatch: NonNullable<ProjectorOptions['onBatch']>
}

export function projectionMetrics(registry: Registry, watch: Watch): ProjectionMetrics {
  const registers = [registry]
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    tell: (gauge: Gauge<Label>, status: RunStatus) => void,
  ): void => {
    const made: Gauge<Label> = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      // Where the database is away, the others are still told.
      async collect() {
        made.reset()
        for (const status of await watch().catch(() => [])) tell(made, status)
      },
    })
  }
  gauge('strata_projection_lag_versions', 'Versions that a view has not seen yet', RUN, (made, { sink, view, lag }) =>
    made.labels(sink, view).set(lag.versions),
  )
  gauge(
    'strata_projection_lag_seconds',
    'How long the oldest version that a view has not seen has been there',
    RUN,
    (made, { sink, view, lag }) => made.labels(sink, view).set(lag.seconds),
  )
  gauge(
    'strata_projection_dead_letters',
    'Versions that a view waits at, because they can not be applied',
    RUN,
    (made, { sink, view, deadLetters }) => made.labels(sink, view).set(deadLetters.length),
  )
  gauge(
    'strata_projection_state',
    '1 for the state that a projection is in, 0 for the others',
    [...RUN, 'state'],
    (made, { sink, view, state }) => {
      for (const one of STATES) made.labels(sink, view, one).set(one === state ? 1 : 0)
    },
  )
  gauge(
    'strata_projection_partitions',
    'Partitions of a projection, by the state that they are in; idle: no process holds the lease',
    [...RUN, 'state'],
    (made, { sink, view, partitions }) => {
      for (const one of STATES) made.labels(sink, view, one).set(partitions.filter(({ state }) => state === one).length)
    },
  )
  const versions = new Counter({
    name: 'strata_projection_versions_total',
    help: 'Versions that this server has projected',
    labelNames: RUN,
    registers,
  })
  const seconds = new Histogram({
    name: 'strata_projection_batch_duration_seconds',
    help: 'From a page of the feed to its place in the sink',
    labelNames: RUN,
    buckets: SECONDS,
    registers,
  })
  return {
    onBatch({ sink, view }, batch) {
      versions.labels(sink, view).inc(batch.versions)
      seconds.labels(sink, view).observe(batch.seconds)
    },
  }
}
