// The process in which a server keeps its analytics: the memory that its engine needs, and what it may break, are not the server's.
import { analytics } from '../projections/analytics/index.ts'
import { asChild } from './child.ts'
import { project, type Projecting, type Told } from './projecting.ts'
import { analyticsSinks } from './sinks.ts'

await asChild<Projecting, Told>(({ url, settings }, tell, ended) =>
  project(
    url,
    async (open) => ({
      sinks: await open(await analyticsSinks(settings)),
      projections: Object.values(analytics),
    }),
    tell,
    ended,
  ),
)
