// The routes of the rooms beside the way in, which every server of the program has.
import type { Routes } from '../commands/http/server.ts'
import type { FeedWatch } from '../ledger/feed-watch.ts'
import { feedRoutes } from '../projections/http.ts'
import { consoleRoutes } from '../replay/console/routes.ts'
import { readRoutes } from '../replay/http.ts'

export const routes = (watch?: FeedWatch): readonly Routes[] => [
  readRoutes,
  (app, ledger) => feedRoutes(app, ledger, { watch }),
  consoleRoutes,
]
