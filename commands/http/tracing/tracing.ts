// Traces from request to commit to feed. A request's span is continued from its `traceparent`; its command's span waits in the queue, and is linked with the span of the batch that commits it;
// a reader's page of the feed has a span, in the trace that made its first version and linked with the others. Nothing here is loaded unless traces are switched on (bin/tracing.ts).
// No attribute has anything that a caller chose: no ids, owners, actors, keys, amounts, paths.
import type { Tracer } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { FeedWatch } from '../../../ledger/feed-watch.ts'
import type { BatchStatistics } from '../../../ledger/group-commit.ts'
import type { Submitter } from '../../submit/submitter.ts'
import { tracedBatch } from './batch.ts'
import type { TracesOfVersions } from './command-trace.ts'
import { tracedCommands } from './commands.ts'
import { tracedFeed } from './feed.ts'
import { tracedRequests } from './requests.ts'

/** Versions whose traces are remembered, and for how long, for who reads the feed here: the ledger itself keeps no trace. */
export const MAX_REMEMBERED_TRACES = 10_000
export const REMEMBER_TRACE_MS = 60_000

export interface Tracing {
  readonly requests: (app: FastifyInstance) => void
  readonly commands: (submitter: Submitter) => Submitter
  /** For openLedger. */
  readonly onBatch: (batch: BatchStatistics) => void
  /** For the feed's routes. */
  readonly feed: FeedWatch
}

export function tracing(tracer: Tracer): Tracing {
  const traces: TracesOfVersions = new LRUCache({ max: MAX_REMEMBERED_TRACES, ttl: REMEMBER_TRACE_MS })
  return {
    requests: (app) => tracedRequests(app, tracer),
    commands: (submitter) => tracedCommands(submitter, tracer, traces),
    onBatch: (batch) => tracedBatch(batch, tracer),
    feed: tracedFeed(tracer, traces),
  }
}
