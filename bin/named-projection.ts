// Promises: the projection that a command names, or a sentence that says which there are. A name may be that of a view of documents and of one of tables, which sinks of their own keep: what is named is the same, in another form.

import { analytics } from '../projections/analytics/index.ts'
import type { Projection } from '../projections/projection.ts'
import { views } from '../projections/views/index.ts'
import { CommandFailed, EXIT } from './exit.ts'

export interface NamedProjection {
  readonly documents: Projection | undefined
  readonly tables: Projection | undefined
}

/** At least one of the two. */
export function namedProjection(name: string): NamedProjection {
  const named = { documents: foundIn(views, name), tables: foundIn(analytics, name) }
  if (named.documents || named.tables) return named
  const names = Object.keys({ ...views, ...analytics })
  throw new CommandFailed(`there is no view ${name}: there are ${names.join(', ')}`, { exitCode: EXIT.usage })
}

const foundIn = (all: Readonly<Record<string, Projection>>, name: string): Projection | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined
