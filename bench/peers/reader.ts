// A reader of everything: what it has seen, and when it has seen enough, or nothing more is coming.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Feed } from './store.ts'

/** After so long without anything new, nothing more is coming: some pause for a second when they find nothing. */
const SILENCE_SECONDS = 4
const LOOK_MS = 10

export interface Reading {
  /** Each event once. */
  readonly seen: ReadonlySet<string>
  /** From the beginning to the newest event. */
  readonly seconds: number
}

export interface Reader {
  /** Reads on until that is enough, or nothing new has come for a while. */
  until(isEnough: (seen: ReadonlySet<string>) => boolean): Promise<Reading>
}

export const eventKey = (id: string, version: number): string => `${id}@${version}`

/** Begins to read, from the beginning. */
export function startReading(feed: Feed): Reader {
  const seen = new Set<string>()
  const started = performance.now()
  let newest = started
  const stop = new AbortController()
  const following = feed.follow((id, version) => {
    seen.add(eventKey(id, version))
    newest = performance.now()
  }, stop.signal)
  following.catch(() => {})
  return {
    async until(isEnough) {
      const asked = performance.now()
      const isSilent = (): boolean => performance.now() - Math.max(newest, asked) > SILENCE_SECONDS * 1000
      try {
        while (!isEnough(seen) && !isSilent()) await Promise.race([sleep(LOOK_MS), following])
      } finally {
        stop.abort()
      }
      await following
      return { seen, seconds: (newest - started) / 1000 }
    },
  }
}
