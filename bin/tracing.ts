// Promises: traces, where OpenTelemetry's own variables (OTEL_…) switch them on; without them nothing is loaded. A collector that does not answer, or a variable that makes no sense, costs a line
// in the log, and no request.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Logger } from 'pino'
import type { Tracing } from '../commands/http/tracing/tracing.ts'
import { MAX_BATCH_WORKS } from '../ledger/group-commit.ts'

const NAME = 'strata'
const ENCODINGS = ['http/protobuf', 'http/json'] as const
const TOLD_EVERY_MS = 60_000
/** For what is left, when the server ends. */
const FLUSH_WITHIN_MS = 3_000
const MAX_TOLD_CHARACTERS = 300

type Environment = Readonly<Record<string, string | undefined>>
type Encoding = (typeof ENCODINGS)[number]

export interface RunningTracing extends AsyncDisposable {
  readonly tracing: Tracing | undefined
}

const OFF: RunningTracing = { tracing: undefined, [Symbol.asyncDispose]: async () => undefined }

/** The SDK reads the sampler, the limits, the batches and the endpoint from the environment itself. */
export async function startTracing(env: Environment, log: Logger): Promise<RunningTracing> {
  if (!isOn(env)) return OFF
  const encoding = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'] || ENCODINGS[0]
  if (!isKnown(encoding)) {
    log.warn(`no traces: OTEL_EXPORTER_OTLP_PROTOCOL is ${encoding}, and can be ${ENCODINGS.join(' or ')}`)
    return OFF
  }
  const [api, sdk, { tracing }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('../commands/http/tracing/tracing.ts'),
  ])
  api.diag.setLogger(warnings(log), { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true })
  const provider = new sdk.BasicTracerProvider({
    resource: await resource(),
    // A batch is linked with each of its commands; the SDK's own limit is lower.
    ...(!env['OTEL_SPAN_LINK_COUNT_LIMIT'] && { spanLimits: { linkCountLimit: MAX_BATCH_WORKS } }),
    spanProcessors: [new sdk.BatchSpanProcessor(await exporter(encoding))],
  })
  return {
    tracing: tracing(provider.getTracer(NAME)),
    async [Symbol.asyncDispose]() {
      const late = sleep(FLUSH_WITHIN_MS, 'late' as const, { ref: false })
      const ended = await Promise.race([provider.shutdown().catch(() => undefined), late])
      if (ended === 'late') log.warn('traces: the collector has not taken the last spans in time')
    },
  }
}

function isOn(env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false
  const exporters = env['OTEL_TRACES_EXPORTER']
  if (exporters) return exporters.split(',').some((name) => name.trim() === 'otlp')
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
}

const isKnown = (encoding: string): encoding is Encoding => (ENCODINGS as readonly string[]).includes(encoding)

async function exporter(encoding: Encoding): Promise<SpanExporter> {
  const { OTLPTraceExporter } = await (encoding === 'http/json'
    ? import('@opentelemetry/exporter-trace-otlp-http')
    : import('@opentelemetry/exporter-trace-otlp-proto'))
  return new OTLPTraceExporter()
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES beat what is said here. */
async function resource() {
  const { detectResources, envDetector, resourceFromAttributes } = await import('@opentelemetry/resources')
  const own = resourceFromAttributes({ 'service.name': NAME, 'service.instance.id': randomUUID() })
  return own.merge(detectResources({ detectors: [envDetector] }))
}

/** At most one a minute: a collector that is away is away for every batch of spans. */
function warnings(log: Logger) {
  let toldAt = -Infinity
  const tell = (message: string): void => {
    if (performance.now() - toldAt < TOLD_EVERY_MS) return
    toldAt = performance.now()
    log.warn({ detail: message.slice(0, MAX_TOLD_CHARACTERS) }, 'traces: spans could not be sent, or a setting makes no sense')
  }
  return { error: tell, warn: tell, info() {}, debug() {}, verbose() {} }
}
