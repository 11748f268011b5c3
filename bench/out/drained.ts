// The projector as it is, from nothing to the head.
import type { Ledger } from '../../ledger/index.ts'
import type { Projection } from '../../projections/projection.ts'
import { projector } from '../../projections/runner/projector.ts'
import type { Relay } from '../../projections/runner/target.ts'
import type { Sink } from '../../projections/sinks/sink.ts'

/** Resolves when each view and relay has seen so many versions. */
export async function drained(
  ledger: Ledger,
  versions: number,
  parts: { readonly sinks: readonly Sink[]; readonly projections: readonly Projection[]; readonly relays?: readonly Relay[] },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const runs = parts.sinks.length * parts.projections.length + (parts.relays?.length ?? 0)
  let left = versions * runs
  await using _ = projector({
    ledger,
    ...parts,
    onBatch: (_run, batch) => {
      left -= batch.versions
      if (left === 0) resolve()
    },
    onChange: (_run, change) => {
      if ('error' in change) reject(change.error)
    },
  })
  await promise
}
