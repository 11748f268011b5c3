// Measures of the ledger in this process: queue, lanes, states in memory, connections. Looked up when they are asked for.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Ledger } from '../../../ledger/index.ts'
import { lookedUp } from './instruments.ts'

export function ledgerMetrics(registry: Registry, ledger: Ledger): void {
  const gauge = (name: string, help: string, value: () => number): void => lookedUp(registry, name, help, value)
  gauge('strata_queue_commands', 'Units of work that wait', () => ledger.commits.queued)
  gauge('strata_queue_bytes', 'About their size', () => ledger.commits.queuedBytes)
  gauge('strata_queue_oldest_seconds', 'How long the oldest of them has waited', () => ledger.commits.oldestSeconds)
  gauge('strata_in_flight_commands', 'Units of work in batches', () => ledger.commits.inFlight)
  gauge('strata_lanes', 'Connections that append, each with a batch at a time', () => ledger.commits.lanes)
  gauge('strata_lanes_busy', 'Of them, those with a batch', () => ledger.commits.busyLanes)
  gauge('strata_cache_entries', 'States in memory', () => ledger.cache.entries)
  gauge('strata_cache_bytes', 'About the size of the states in memory', () => ledger.cache.bytes)
  counter(registry, 'strata_cache_hits_total', 'States that a decision found in memory', () => ledger.cache.hits)
  counter(registry, 'strata_cache_misses_total', 'States that a decision had to read', () => ledger.cache.misses)
  connections(registry, ledger)
}

/** Of what is counted elsewhere. */
function counter(registry: Registry, name: string, help: string, value: () => number): void {
  const made: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      made.reset()
      made.inc(value())
    },
  })
}

function connections(registry: Registry, ledger: Ledger): void {
  const registers = [registry]
  const open: Gauge<'pool' | 'state'> = new Gauge({
    name: 'strata_database_connections',
    help: 'Connections to the database, by pool (append, read) and state (busy, idle)',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const { pool, total, idle } of ledger.connections()) {
        open.labels(pool, 'idle').set(idle)
        open.labels(pool, 'busy').set(total - idle)
      }
    },
  })
  const waiting: Gauge<'pool'> = new Gauge({
    name: 'strata_database_waiters',
    help: 'Who waits for a connection, by pool',
    labelNames: ['pool'],
    registers,
    collect: () => ledger.connections().forEach((one) => waiting.labels(one.pool).set(one.waiting)),
  })
  const lost: Counter<'pool'> = new Counter({
    name: 'strata_database_connections_lost_total',
    help: 'Connections that broke, by pool',
    labelNames: ['pool'],
    registers,
    collect() {
      lost.reset()
      for (const one of ledger.connections()) lost.labels(one.pool).inc(one.lost)
    },
  })
}
