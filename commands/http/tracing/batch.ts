// A span for every batch that answers a traced command, and one for each such command's wait for it. Made when the batch is done, with the times that it had: while it runs, nothing is done for it.
import { SpanKind, type Tracer } from '@opentelemetry/api'
import type { BatchStatistics } from '../../../ledger/group-commit.ts'
import { CommandTrace } from './command-trace.ts'

/** The batch is in the trace of its first command, and linked with all of them, as they are with it. */
export function tracedBatch(batch: BatchStatistics, tracer: Tracer): void {
  const commands = batch.marks().filter((mark) => mark instanceof CommandTrace)
  const [first] = commands
  if (first === undefined) return
  const span = tracer.startSpan(
    'commit batch',
    {
      kind: SpanKind.CLIENT,
      startTime: batch.takenAt,
      links: commands.map((command) => ({ context: command.span.spanContext() })),
      attributes: {
        'db.system.name': 'postgresql',
        'db.stored_procedure.name': 'ledger.append',
        'strata.batch.commands': batch.works,
        'strata.batch.versions': batch.versions,
        'strata.batch.rounds': batch.rounds,
        'strata.batch.locked': batch.locked,
      },
    },
    first.context,
  )
  for (const { span: command, context, startedAt } of commands) {
    tracer.startSpan('queue', { startTime: startedAt }, context).end(Math.max(startedAt, batch.takenAt))
    command.addLink({ context: span.spanContext() })
  }
  span.end(batch.takenAt + batch.seconds * 1_000)
}
