// The routes of the rooms beside the way in, which every server of the program has.
import type { Routes } from '../commands/http/server.ts'
import { feedRoutes } from '../projections/http.ts'
import { consoleRoutes } from '../replay/console/routes.ts'
import { readRoutes } from '../replay/http.ts'

export const routes: readonly Routes[] = [readRoutes, feedRoutes, consoleRoutes]
