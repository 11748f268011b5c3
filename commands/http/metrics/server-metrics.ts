// What a server measures, for Prometheus: a registry per server. Names and labels are listed in docs/reference/metrics.md, which is made from here. No label has a value that a caller chose.
import type { FastifyInstance } from 'fastify'
import { Counter, Registry } from 'prom-client'
import type { FeedWatch } from '../../../ledger/feed-watch.ts'
import type { Ledger } from '../../../ledger/index.ts'
import { metricsOperation } from '../description/server-operations.ts'
import { batchMetrics, type BatchMetrics } from './batches.ts'
import { commandMetrics, type CommandMetrics } from './commands.ts'
import { feedMetrics } from './feed.ts'
import { ledgerMetrics } from './ledger.ts'
import { processMetrics } from './process.ts'

export interface ServerMetrics extends BatchMetrics, CommandMetrics {
  readonly registry: Registry
  readonly feed: FeedWatch
  readonly onFault: () => void
}

export function serverMetrics(): ServerMetrics {
  const registry = new Registry()
  const batches = batchMetrics(registry)
  const commands = commandMetrics(registry)
  const feed = feedMetrics(registry)
  const faults = new Counter({ name: 'strata_faults_total', help: 'Faults of the server itself, as logged', registers: [registry] })
  processMetrics(registry)
  return { registry, feed, onFault: () => faults.inc(), ...batches, ...commands }
}

/** GET /metrics. */
export function metricsRoute(app: FastifyInstance, { registry }: ServerMetrics, ledger: Ledger): void {
  ledgerMetrics(registry, ledger)
  app.get('/metrics', { config: { open: 'near', operation: metricsOperation } }, async (_, reply) =>
    reply.header('content-type', registry.contentType).send(await registry.metrics()),
  )
}
