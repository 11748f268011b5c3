// Which projections are kept by which sinks.
import type { Projection } from '../projection.ts'

/** Every one of the projections by every one of the sinks. */
export interface Keeping<Sink> {
  readonly sinks: readonly Sink[]
  readonly projections: readonly Projection[]
}

/** Documents; and analytics, which sinks of their own keep. */
export interface KeepingAll<Sink> extends Keeping<Sink> {
  readonly analytics?: Keeping<Sink> | undefined
}

const NOTHING: Keeping<never> = { sinks: [], projections: [] }

export const parts = <Sink>({ sinks, projections, analytics = NOTHING }: KeepingAll<Sink>): readonly Keeping<Sink>[] => [
  { sinks, projections },
  analytics,
]

export const pairs = <Sink>(all: KeepingAll<Sink>): readonly { readonly sink: Sink; readonly projection: Projection }[] =>
  parts(all).flatMap(({ sinks, projections }) => sinks.flatMap((sink) => projections.map((projection) => ({ sink, projection }))))

export const allSinks = <Sink>(all: KeepingAll<Sink>): readonly Sink[] => parts(all).flatMap(({ sinks }) => sinks)
