// Promises: the projections of the ledger that the settings lead to, for a command: as HTTP has them, without a server.

import { projectionsOf, type Projections } from '../projections/serving/projections.ts'
import { views } from '../projections/views/index.ts'
import { withLedger } from './open.ts'
import { settingsOf } from './setting-flags.ts'
import type { Flags } from './settings.ts'
import { documentSinks, feedRelays } from './sinks.ts'

export const withProjections = (flags: Flags, work: (projections: Projections) => Promise<void>): Promise<void> =>
  withLedger(flags, (ledger, place) => {
    const settings = settingsOf(flags)
    const sinks = documentSinks(place, settings).map(({ name }) => name)
    const relays = feedRelays(settings).map(({ name }) => name)
    return work(projectionsOf({ ledger, sinks, relays, projections: Object.values(views) }))
  })
