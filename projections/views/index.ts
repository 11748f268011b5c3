// Every view by its name, from registered.ts. The runner, the routes and the command line find them here.
import type { Projection } from '../projection.ts'
import * as registered from './registered.ts'

export const views: Readonly<Record<string, Projection>> = Object.fromEntries(Object.values(registered).map((view) => [view.name, view]))

export const viewNamed = (name: string): Projection | undefined => (Object.hasOwn(views, name) ? views[name] : undefined)
