// The routes of the rooms beside the way in, which every server of the program has.
import type { Routes } from '../commands/http/server.ts'
import { feedRoutes } from '../projections/http.ts'
import { readRoutes } from '../replay/http.ts'

export const routes: readonly Routes[] = [readRoutes, feedRoutes]
