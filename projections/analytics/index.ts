// Every analytics view by its name, from registered.ts: what sinks that keep tables have of the ledger.
import type { Projection } from '../projection.ts'
import * as registered from './registered.ts'

export const analytics: Readonly<Record<string, Projection>> = Object.fromEntries(
  Object.values(registered).map((view) => [view.name, view]),
)
