// How many commands a second an actor may send: a bucket per actor that holds a second's worth and fills steadily. A single command that finds it empty is refused; many in one request wait.
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { MAX_RATED_ACTORS } from './limits.ts'

const SECOND_MS = 1_000

export interface RateLimit {
  /** Takes one, or says in how many milliseconds there is one. */
  take(actor: string): number | undefined
  /** Takes so many once there are as many, or a whole bucket: the rest is owed. Undefined: taken at once. Ends when the signal is aborted. */
  wait(actor: string, count: number, signal: AbortSignal): Promise<void> | undefined
}

interface Bucket {
  /** Below zero: owed. */
  tokens: number
  at: number
}

export function rateLimit(perSecond: number, now: () => number = () => performance.now()): RateLimit {
  // Whoever is forgotten had the longest rest.
  const buckets = new LRUCache<string, Bucket>({ max: MAX_RATED_ACTORS })

  /** Takes, or answers the milliseconds until it can. */
  function attempt(actor: string, count: number): number {
    const at = now()
    let bucket = buckets.get(actor)
    if (bucket === undefined) buckets.set(actor, (bucket = { tokens: perSecond, at }))
    const filled = Math.min(perSecond, bucket.tokens + ((at - bucket.at) * perSecond) / SECOND_MS)
    const lacking = Math.min(count, perSecond) - filled
    bucket.tokens = lacking > 0 ? filled : filled - count
    bucket.at = at
    return lacking > 0 ? Math.ceil((lacking * SECOND_MS) / perSecond) : 0
  }

  async function untilTaken(actor: string, count: number, firstMs: number, signal: AbortSignal): Promise<void> {
    for (let ms = firstMs; ms > 0 && !signal.aborted; ms = attempt(actor, count))
      await sleep(ms, undefined, { signal }).catch(() => undefined)
  }

  return {
    take: (actor) => attempt(actor, 1) || undefined,
    wait(actor, count, signal) {
      const ms = attempt(actor, count)
      return ms === 0 ? undefined : untilTaken(actor, count, ms, signal)
    },
  }
}
