// Who answers named queries: the analytics sinks that the settings lead to.
import type { Analyst } from '../projections/serving/query-routes.ts'
import { analyticsSinks } from './sinks.ts'
import type { GoodSettings } from './setting-flags.ts'

/** The first one answers where nobody says which. What is opened is on the stack. */
export async function openAnalysts(settings: GoodSettings, end: AsyncDisposableStack): Promise<readonly Analyst[]> {
  const analysts: Analyst[] = []
  for (const { name, reader } of await analyticsSinks(settings)) {
    const { select } = end.use(await reader())
    analysts.push({ name, select })
  }
  return analysts
}
