// Every named query by its name, from registered.ts. The routes and the command line find them here.
import type { Query } from './query.ts'
import * as registered from './registered.ts'

export const queries: Readonly<Record<string, Query>> = Object.fromEntries(Object.values(registered).map((query) => [query.name, query]))
