// Read your writes: waits until a view has seen a position. However many wait for the same view, one looks.
import { setTimeout as sleep } from 'node:timers/promises'
import { NotYet, Unavailable } from '../../ledger/failure.ts'
import type { View } from '../sinks/sink.ts'

/** A view is asked again after so long: what is committed is seen within some tens of milliseconds. */
const LOOK_AGAIN_MS = 15
export const SEEN_WITHIN_MS = 10_000

export interface Wanted {
  readonly partition: number
  readonly position: number
}

/** Throws NotYet, Unavailable where the server stops meanwhile, and what the sink throws. */
export type UntilSeen = (name: string, view: View, wanted: Wanted) => Promise<void>

export function untilSeen(stopping: AbortSignal, withinMs = SEEN_WITHIN_MS): UntilSeen {
  const looking = new WeakMap<View, ReturnType<View['places']>>()

  /** What is being looked up just now may be older than whoever comes has a right to; who still waits looks again. */
  function look(view: View): ReturnType<View['places']> {
    const other = looking.get(view)
    if (other) return other
    const places = view.places().finally(() => looking.delete(view))
    looking.set(view, places)
    return places
  }

  return async (name, view, { partition, position }) => {
    for (const until = performance.now() + withinMs; ;) {
      const seen = (await look(view)).get(partition)?.position ?? 0
      if (seen >= position) return
      if (stopping.aborted) throw new Unavailable('the server is stopping')
      if (performance.now() >= until)
        throw new NotYet(`the view ${name} has seen partition ${partition} up to ${seen}, and not ${position} yet`, {
          partition,
          position: seen,
        })
      await sleep(LOOK_AGAIN_MS, undefined, { signal: stopping }).catch(() => undefined)
    }
  }
}
