// What the server counts, for Prometheus: commands, batches, queue, cache, connections, and the process itself. A registry per server. docs/reference/metrics.md lists the names.
import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { BatchStatistics } from '../../ledger/group-commit.ts'
import type { Ledger } from '../../ledger/index.ts'
import type { Answer } from '../submit/answer.ts'
import type { Submission } from '../submit/parse.ts'
import type { Submitter } from '../submit/submitter.ts'
import { metricsOperation } from './description/server-operations.ts'
import { statusOf } from './line-answer.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const BATCH_SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000]
const ROUNDS = [1, 2, 3, 5, 10, 25, 50]

export interface ServerMetrics {
  readonly registry: Registry
  /** For openLedger. */
  readonly onBatch: (statistics: BatchStatistics) => void
  readonly onCommand: (name: string, status: number, seconds: number) => void
}

export function serverMetrics(): ServerMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'strata_' })
  const commands = new Counter({
    name: 'strata_commands_total',
    help: 'Commands answered, by command and status',
    labelNames: ['command', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'strata_command_duration_seconds',
    help: 'From a command to its answer, by command',
    labelNames: ['command'],
    buckets: SECONDS,
    registers,
  })
  const works = new Histogram({ name: 'strata_batch_commands', help: 'Units of work in a batch', buckets: BATCH_SIZES, registers })
  const versions = new Histogram({ name: 'strata_batch_versions', help: 'Versions that a batch appended', buckets: BATCH_SIZES, registers })
  const rounds = new Histogram({ name: 'strata_batch_rounds', help: 'How often a batch was decided', buckets: ROUNDS, registers })
  const seconds = new Histogram({
    name: 'strata_batch_duration_seconds',
    help: 'From taking a batch to its commit',
    buckets: SECONDS,
    registers,
  })
  const locked = new Counter({
    name: 'strata_batches_locked_total',
    help: 'Batches decided under the locks of their partitions, against other processes',
    registers,
  })
  const counters = remembered((name, status) => commands.labels(name, status))
  const timers = remembered((name) => duration.labels(name))
  return {
    registry,
    onBatch(batch) {
      works.observe(batch.works)
      versions.observe(batch.versions)
      rounds.observe(batch.rounds)
      seconds.observe(batch.seconds)
      if (batch.locked) locked.inc()
    },
    onCommand(name, status, took) {
      counters(name, String(status)).inc()
      timers(name, '').observe(took)
    },
  }
}

/** Finding a labelled series costs more than counting in it. */
function remembered<Series>(make: (first: string, second: string) => Series): (first: string, second: string) => Series {
  const made = new Map<string, Series>()
  return (first, second) => {
    const key = `${first} ${second}`
    let series = made.get(key)
    if (series === undefined) made.set(key, (series = make(first, second)))
    return series
  }
}

/** The same submitter, counted. */
export function measured(submitter: Submitter, { onCommand }: ServerMetrics): Submitter {
  const count = (submission: Submission, answer: Answer, started: number): void =>
    onCommand(submission.definition.name, statusOf(answer), (performance.now() - started) / 1000)
  return {
    async submit(submission) {
      const started = performance.now()
      const answer = await submitter.submit(submission)
      count(submission, answer, started)
      return answer
    },
    async submitAtomic(submissions) {
      const started = performance.now()
      const answers = await submitter.submitAtomic(submissions)
      submissions.forEach((submission, n) => {
        const answer = answers[n]
        if (answer) count(submission, answer, started)
      })
      return answers
    },
  }
}

/** GET /metrics, with what is true at the moment it is asked. */
export function metricsRoute(
  app: FastifyInstance,
  { ledger, metrics }: { readonly ledger: Ledger; readonly metrics: ServerMetrics },
): void {
  const { registry } = metrics
  const gauge = (name: string, help: string, value: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(value()) })
  }
  gauge('strata_queue_commands', 'Units of work that wait', () => ledger.commits.queued)
  gauge('strata_in_flight_commands', 'Units of work in batches', () => ledger.commits.inFlight)
  gauge('strata_cache_entries', 'States in memory', () => ledger.cache.entries)
  gauge('strata_cache_bytes', 'About the size of the states in memory', () => ledger.cache.bytes)
  gauge('strata_read_connections', 'Connections for reading', () => ledger.database.totalCount)
  gauge('strata_read_connections_idle', 'Connections for reading that nobody uses', () => ledger.database.idleCount)
  gauge('strata_read_connections_waiting', 'Reads that wait for a connection', () => ledger.database.waitingCount)
  app.get('/metrics', { config: { open: 'near', operation: metricsOperation } }, async (_, reply) =>
    reply.header('content-type', registry.contentType).send(await registry.metrics()),
  )
}
