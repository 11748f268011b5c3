// A span for every page of the feed that has versions of traced commands: from when they were read to when the reader has taken them. Versions that other processes appended, or long ago, are of no trace
// that is known here.
import { SpanKind, type Tracer } from '@opentelemetry/api'
import type { FeedWatch } from '../../../ledger/feed-watch.ts'
import { versionKey, type CommandTrace, type TracesOfVersions } from './command-trace.ts'

export const tracedFeed = (tracer: Tracer, traces: TracesOfVersions): FeedWatch => ({
  began: (form) => ({
    gave(versions, _behind, readAt) {
      const commands = new Set<CommandTrace>()
      for (const version of versions) {
        const command = traces.get(versionKey(version))
        if (command) commands.add(command)
      }
      const [first] = commands
      if (first === undefined) return
      tracer
        .startSpan(
          'feed deliver',
          {
            kind: SpanKind.PRODUCER,
            startTime: readAt,
            links: [...commands].map(({ span }) => ({ context: span.spanContext() })),
            attributes: { 'strata.feed.form': form, 'strata.feed.versions': versions.length },
          },
          first.context,
        )
        .end(performance.now())
    },
    ended() {},
  }),
})
