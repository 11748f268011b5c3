// The feed, page by page: GET /v1/feed, asked again after a while where there was nothing new.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Source } from '../consume.ts'
import { recordOf } from '../record.ts'
import { askJson, feedName, feedQuery, type FeedChoice } from './ledger.ts'

export interface FeedPagesOptions extends FeedChoice {
  /** False: it ends where the feed ended. Default true. */
  readonly follow?: boolean
  /** Milliseconds until it asks again. */
  readonly pollMs?: number
  /** True: from the beginning, whatever the store says, and without moving its place: what is there is known again, what is missing is handled. */
  readonly again?: boolean
}

const PAGE_VERSIONS = 1_000
const POLL_MS = 1_000

interface Page {
  readonly versions: readonly unknown[]
  readonly next: string
  readonly caughtUp: boolean
}

export function feedPages({ follow = true, pollMs = POLL_MS, again = false, ...choice }: FeedPagesOptions): Source {
  let reached: string | undefined
  return {
    name: feedName(choice),
    async *read(cursor, signal) {
      for (let after = again ? reached : cursor; !signal.aborted;) {
        const { versions, next, caughtUp } = await askJson<Page>(
          choice,
          '/feed',
          { ...feedQuery(choice), after, limit: PAGE_VERSIONS },
          signal,
        )
        if (versions.length > 0 || next !== after) yield { records: versions.map(recordOf), cursor: again ? undefined : next }
        reached = after = next
        if (caughtUp && !follow) return
        if (caughtUp) await sleep(pollMs, undefined, { signal })
      }
    },
  }
}
