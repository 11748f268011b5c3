// Measures of the process, by the names that every Node process gives them, and which program it is.
import { readFileSync } from 'node:fs'
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import { SCHEMA_VERSION } from '../../../ledger/schema-version.ts'

/** They end like counters, and are none. What they sum up is there by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

export function processMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  new Gauge({
    name: 'strata_build_info',
    help: 'Always 1: the program, its schema version, and its Node',
    labelNames: ['version', 'schema_version', 'node_version'],
    registers: [registry],
  })
    .labels(version, String(SCHEMA_VERSION), process.version)
    .set(1)
}
