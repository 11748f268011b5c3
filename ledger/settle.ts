// Makes "as of an instant" final in a partition, so that the read can be asked again and again. Under an old snapshot the partition's row would bloat, so a process has at most one settling
// in flight per partition; whoever comes meanwhile waits for it, and looks again.
import { onConnection, type Database } from './database.ts'
import { toFailure } from './failure.ts'
import type { Instant } from './instant.ts'

/** Resolves when the read is worth trying again. Throws InTheFuture. */
export type Settle = (partition: number, at: Instant) => Promise<void>

export function settler(database: Database): Settle {
  const inFlight = new Map<number, Promise<void>>()
  return async (partition, at) => {
    const other = inFlight.get(partition)
    // Whatever became of the other one, its caller is told; this one reads again, and settles itself if it must.
    if (other) return other.catch(() => {})
    const settling = onConnection(database, (connection) =>
      connection.query({ name: 'settle', text: 'select ledger.settle($1, $2)', values: [partition, at] }),
    )
      .then(() => {})
      .catch((error: unknown) => {
        throw toFailure(error)
      })
      .finally(() => inFlight.delete(partition))
    inFlight.set(partition, settling)
    return settling
  }
}
