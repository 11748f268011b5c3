// Who answers named queries: the analytics sinks that the settings lead to, asked by whoever is not the one that keeps them.
import type { Analyst } from '../projections/serving/query-routes.ts'
import { analyticsSinks, type Asked, type Reading } from './sinks.ts'
import type { GoodSettings } from './setting-flags.ts'

type OpenAnalyst = Analyst & AsyncDisposable

/** The first one answers where nobody says which. */
export const analysts = async (settings: GoodSettings, reading: Reading): Promise<readonly Asked<OpenAnalyst>[]> =>
  (await analyticsSinks(settings)).map(({ name, reader }) => ({ name, open: async () => ({ name, ...(await reader(reading)) }) }))

/** All of them. What is opened is on the stack. */
export async function openAnalysts(settings: GoodSettings, reading: Reading, end: AsyncDisposableStack): Promise<readonly Analyst[]> {
  const open: Analyst[] = []
  for (const one of await analysts(settings, reading)) open.push(end.use(await one.open()))
  return open
}
