// Promises: the projection that a command names, of documents or of analytics, or a sentence that says which there are.

import { analytics } from '../projections/analytics/index.ts'
import type { Projection } from '../projections/projection.ts'
import { views } from '../projections/views/index.ts'
import { CommandFailed, EXIT } from './exit.ts'

export interface NamedProjection {
  readonly projection: Projection
  /** Sinks of tables keep it. */
  readonly isAnalytics: boolean
}

export function namedProjection(name: string): NamedProjection {
  const all = { ...views, ...analytics }
  const projection = Object.hasOwn(all, name) ? all[name] : undefined
  if (!projection) throw new CommandFailed(`there is no view ${name}: there are ${Object.keys(all).join(', ')}`, { exitCode: EXIT.usage })
  return { projection, isAnalytics: Object.hasOwn(analytics, name) }
}
