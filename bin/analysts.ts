// Who answers named queries: the analytics sinks that the settings lead to, each opened only where it is asked, and only to read.
import type { Analyst } from '../projections/serving/query-routes.ts'
import type { GoodSettings } from './setting-flags.ts'
import { analyticsSinks, type Asked } from './sinks.ts'

export type OpenAnalyst = Analyst & AsyncDisposable

/** The first one answers where nobody says which. */
export async function analysts(settings: GoodSettings): Promise<readonly Asked<OpenAnalyst>[]> {
  const sinks = await analyticsSinks(settings)
  return sinks.map(({ name, reader }) => ({ name, open: async () => ({ name, ...(await reader()) }) }))
}
