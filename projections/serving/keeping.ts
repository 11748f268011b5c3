// Which projections are kept by which sinks.
import type { Projection } from '../projection.ts'

/** Every one of the projections by every one of the sinks, which are told by their names. */
export interface Keeping {
  readonly sinks: readonly string[]
  readonly projections: readonly Projection[]
}

/** Documents; and analytics, which sinks of their own keep. */
export interface KeepingAll extends Keeping {
  readonly analytics?: Keeping | undefined
}

export const parts = ({ sinks, projections, analytics }: KeepingAll): readonly Keeping[] => [
  { sinks, projections },
  ...(analytics ? [analytics] : []),
]
