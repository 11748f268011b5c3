// Who answers named queries: the analytic sinks that the settings lead to, each opened only where it is asked, and only to read.
import type { Analyst } from '../projections/serving/query-routes.ts'
import type { GoodSettings } from './setting-flags.ts'
import type { Asked } from './sinks.ts'

export type OpenAnalyst = Analyst & AsyncDisposable

/** The first one answers where nobody says which. */
export const analysts = (_settings: GoodSettings): Promise<readonly Asked<OpenAnalyst>[]> => Promise.resolve([])
