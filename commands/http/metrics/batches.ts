// Measures of group commit's batches.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { isLockTimeout, isTransient, isUnavailable } from '../../../ledger/failure.ts'
import type { BatchStatistics } from '../../../ledger/group-commit.ts'
import { COUNTS, SECONDS } from './instruments.ts'

const ROUNDS = [1, 2, 3, 5, 10, 25, 50]

/** For openLedger. */
export interface BatchMetrics {
  readonly onBatch: (batch: BatchStatistics) => void
  readonly onFailedBatch: (error: unknown) => void
}

export function batchMetrics(registry: Registry): BatchMetrics {
  const registers = [registry]
  const works = new Histogram({ name: 'strata_batch_commands', help: 'Units of work in a batch', buckets: COUNTS, registers })
  const versions = new Histogram({ name: 'strata_batch_versions', help: 'Versions that a batch appended', buckets: COUNTS, registers })
  const rounds = new Histogram({ name: 'strata_batch_rounds', help: 'How often a batch was decided', buckets: ROUNDS, registers })
  const seconds = new Histogram({
    name: 'strata_batch_duration_seconds',
    help: 'From taking a batch to its commit',
    buckets: SECONDS,
    registers,
  })
  const waited = new Histogram({
    name: 'strata_batch_wait_seconds',
    help: "How long a batch's oldest unit of work waited to be taken",
    buckets: SECONDS,
    registers,
  })
  const locked = new Counter({
    name: 'strata_batches_locked_total',
    help: 'Batches decided under the locks of their partitions, against other processes',
    registers,
  })
  const failures = new Counter({
    name: 'strata_batches_failed_total',
    help: 'Attempts at a batch that came to nothing, by reason: unavailable (the database), conflict (other transactions), refused (a rule, or a fault)',
    labelNames: ['reason'],
    registers,
  })
  const lastCommit = new Gauge({
    name: 'strata_last_commit_timestamp_seconds',
    help: 'When this server last appended a version; 0: not yet',
    registers,
  })
  // So that a rate is there when the first one fails.
  for (const reason of ['unavailable', 'conflict', 'refused']) failures.labels(reason).inc(0)
  return {
    onBatch(batch) {
      works.observe(batch.works)
      versions.observe(batch.versions)
      rounds.observe(batch.rounds)
      seconds.observe(batch.seconds)
      waited.observe(batch.waitedSeconds)
      if (batch.locked) locked.inc()
      if (batch.versions > 0) lastCommit.setToCurrentTime()
    },
    onFailedBatch: (error) => failures.labels(reasonOf(error)).inc(),
  }
}

function reasonOf(error: unknown): 'unavailable' | 'conflict' | 'refused' {
  if (isLockTimeout(error) || isTransient(error)) return 'conflict'
  return isUnavailable(error) ? 'unavailable' : 'refused'
}
