// Promises: the projections of the ledger that the settings lead to, for a command: as HTTP has them, without a server.

import { analytics } from '../projections/analytics/index.ts'
import { projectionsOf, type Projections } from '../projections/serving/projections.ts'
import { views } from '../projections/views/index.ts'
import { withLedger } from './open.ts'
import { settingsOf } from './setting-flags.ts'
import type { Flags } from './settings.ts'
import { analyticsSinks, documentSinks, feedRelays } from './sinks.ts'

export const withProjections = (flags: Flags, work: (projections: Projections) => Promise<void>): Promise<void> =>
  withLedger(flags, async (ledger, place) => {
    const settings = settingsOf(flags)
    return work(
      projectionsOf({
        ledger,
        sinks: namesOf(documentSinks(place, settings)),
        projections: Object.values(views),
        analytics: { sinks: namesOf(await analyticsSinks(settings)), projections: Object.values(analytics) },
        relays: namesOf(feedRelays(settings)),
      }),
    )
  })

const namesOf = (all: readonly { readonly name: string }[]): readonly string[] => all.map(({ name }) => name)
