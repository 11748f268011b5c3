// docs/reference/openapi.json: what a server answers on /openapi.json, without one: routes say what they are when they are registered, and need a ledger only to answer.
import { buildServer } from '../../commands/http/server.ts'
import { routes } from '../../bin/routes.ts'
import { analytics } from '../../projections/analytics/index.ts'
import type { Ledger } from '../../ledger/index.ts'
import { DEFAULT_PARTITIONS } from '../../ledger/migrate.ts'

export async function openApiDocument(): Promise<unknown> {
  const unopened = { partitions: DEFAULT_PARTITIONS } as unknown as Ledger
  const app = buildServer({
    ledger: unopened,
    auth: 'none',
    routes: routes({ analytics: { sinks: [], projections: Object.values(analytics) } }),
  })
  try {
    return (await app.inject('/openapi.json')).json()
  } finally {
    await app.close()
  }
}
