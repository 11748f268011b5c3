// docs/reference/metrics.md: every measure, its type and labels. Measures say what they are when they are made, and need a ledger only to be looked up.
import { Counter, Histogram, type Metric } from 'prom-client'
import { requestMetrics } from '../../commands/http/metrics/requests.ts'
import { ledgerMetrics } from '../../commands/http/metrics/ledger.ts'
import { serverMetrics } from '../../commands/http/metrics/server-metrics.ts'
import type { Ledger } from '../../ledger/index.ts'
import { projectionMetrics } from '../../projections/serving/metrics.ts'
import Fastify from 'fastify'
import { code, GENERATED, table } from './markdown.ts'

/** What prom-client does not say in its types. */
type Described = Metric & { readonly name: string; readonly help: string; readonly labelNames: readonly string[] }

function described(): readonly Described[] {
  const { registry } = serverMetrics()
  requestMetrics(Fastify(), registry)
  ledgerMetrics(registry, {} as Ledger)
  projectionMetrics(registry, () => Promise.resolve([]))
  return registry.getMetricsAsArray() as unknown as readonly Described[]
}

const typeOf = (metric: Metric): string => {
  if (metric instanceof Counter) return 'counter'
  return metric instanceof Histogram ? 'histogram' : 'gauge'
}

const rows = (metrics: readonly Described[]): readonly (readonly string[])[] =>
  metrics.map((metric) => [
    code(metric.name),
    typeOf(metric),
    metric.labelNames
      .filter((name) => name !== 'le')
      .map(code)
      .join(', '),
    metric.help.replace(/\.$/, ''),
  ])

export function metricsPage(): string {
  const own = described().filter(({ name }) => name.startsWith('strata_'))
  return `# Metrics

${GENERATED}

\`GET /metrics\` in the Prometheus text format, of one server. [Monitor](../guides/monitor.md) says which of them matter, and what to do. The names of a release stay for the next ones; new ones may be added.

Labels have few values, all of them the program's own: a route is its pattern (\`/v1/trades/{id}\`), and no label has an owner, an actor, an id or a key.

${table(['name', 'type', 'labels', 'meaning'], rows(own.toSorted((a, b) => (a.name < b.name ? -1 : 1))))}

Besides these there are the measures of the process that [prom-client](https://github.com/siimon/prom-client) gives every Node process, by its names: \`process_cpu_seconds_total\`, \`process_resident_memory_bytes\`, \`process_open_fds\`, \`nodejs_eventloop_lag_p99_seconds\`, \`nodejs_gc_duration_seconds\` and others.
`
}
