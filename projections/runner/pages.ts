// Pages of the feed for the views of a sink, which go through it side by side: it is read once for all of them, a page ahead, and what was read last is kept for those who come later. Whoever is slower is waited
// for, but not long: then he reads pages of his own, until he has come up again.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Feed } from '../../ledger/feed.ts'
import { ForeignPlace, markOf } from '../../ledger/feed-place.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { recent, type Positions } from './recent.ts'
import type { Places } from '../sinks/sink.ts'

/** At most so many versions are read, held and written at a time. */
export const BATCH_VERSIONS = 500
/** Of those that were read last; two pages in any case. */
export const REMEMBERED_VERSIONS = 4_000
/** Others wait so long for a reader who has not come back from the page that he was given. */
export const WAITED_FOR_MS = 2_000
/** A partition of which nothing is asked for so long is read no further. */
const ASKED_WITHIN_MS = 10_000
const FOREIGN =
  'what the view has seen is not in this ledger, which is another one, or was restored to an earlier time: build it anew, with `strata projections rebuild NAME --restart`'

export interface Page {
  readonly versions: readonly VersionRecord[]
  /** It reaches what was committed when it was read. */
  readonly caughtUp: boolean
}

export interface Reader {
  /** What comes after the places, in these partitions only. Throws ForeignPlace where the ledger is not the one that the places are of. */
  read(partitions: readonly number[], places: Places): Promise<Page>
}

export interface Pages {
  reader(): Reader
}

interface Given {
  /** How far, by partition; undefined: nothing of what is kept, or he has come back. */
  upTo: Positions | undefined
  atMs: number
}

/** `limit`: versions in a page. */
export function pages(feed: Feed, limit: number = BATCH_VERSIONS): Pages {
  const most = Math.max(2 * limit, REMEMBERED_VERSIONS)
  const newest = recent()
  const readers = new Set<Given>()
  /** What is kept reached the head when it was read. */
  let isAtHead = true
  let extending: Promise<void> | undefined
  /** Has not begun: who asks for it now is told of all that is committed now. */
  let next: Promise<void> | undefined
  let asked = Promise.withResolvers<void>()

  async function readAfter(partitions: readonly number[], places: Places): Promise<Page> {
    const wanted = new Set(partitions)
    const seen = Array.from({ length: feed.partitions }, (_, partition) => (wanted.has(partition) ? places.get(partition) : undefined))
    const positions = seen.map((place) => place?.position ?? 0)
    const at = { positions, first: partitions[0] ?? 0, mark: markOf(seen.map((place) => place?.recordedAt ?? null)) }
    return feed.read(at, limit, { partitions }).catch((error: unknown) => {
      throw error instanceof ForeignPlace ? new ForeignPlace(FOREIGN, { cause: error }) : error
    })
  }

  /** For a page more: what all have got past is let go, and who is slower is waited for. */
  async function makeRoom(): Promise<void> {
    while (newest.size() + limit > most) {
      const since = performance.now() - WAITED_FOR_MS
      const reading = [...readers].filter(({ upTo, atMs }) => upTo !== undefined && atMs > since)
      newest.letGo(reading.flatMap(({ upTo }) => upTo ?? []))
      if (newest.size() + limit <= most) return
      await Promise.race([asked.promise, sleep(Math.max(1, Math.min(...reading.map(({ atMs }) => atMs)) - since))])
    }
  }

  /** What is kept, read further, for all who wait for it. */
  async function extend(): Promise<void> {
    const { partitions, places } = newest.ends(performance.now() - ASKED_WITHIN_MS)
    try {
      const page = await readAfter(inTurn(partitions, places, limit), places)
      newest.add(partitions, places, page.versions)
      isAtHead = page.caughtUp
    } catch (error) {
      newest.clear()
      throw error
    }
  }

  function extended(): Promise<void> {
    next ??= (async (before) => {
      await before?.catch(() => undefined)
      await makeRoom()
      // All who wake at the same time ask for the same.
      await nextTurn()
      const doing = extend()
      extending = doing
      next = undefined
      try {
        await doing
      } finally {
        if (extending === doing) extending = undefined
      }
    })(extending)
    next.catch(() => undefined)
    return next
  }

  return {
    reader() {
      const given: Given = { upTo: undefined, atMs: 0 }
      readers.add(given)
      return {
        async read(partitions, places) {
          given.upTo = undefined
          asked.resolve()
          asked = Promise.withResolvers()
          const order = inTurn(partitions, places, limit)
          if (newest.isEmpty()) newest.add(order, places, [])
          const kept = (): ReturnType<typeof newest.after> => newest.after(order, places, limit)
          let found = kept()
          if (found?.versions.length === 0 && extending) {
            await extending
            found = kept()
          }
          // What was read may be of other partitions: nothing is an answer at the head only.
          for (let isTold = false; found?.versions.length === 0 && !isTold; isTold = isAtHead) {
            await extended()
            found = kept()
          }
          if (found) {
            given.upTo = found.upTo
            given.atMs = performance.now()
            if (found.left === 0 && !isAtHead) void extended()
            return { versions: found.versions, caughtUp: found.left === 0 && isAtHead }
          }
          const page = await readAfter(order, places)
          if (page.caughtUp) newest.add(order, places, page.versions)
          return page
        },
      }
    },
  }
}

/** Another partition is the first one each time, so that none waits for a busy one; by the places alone, so that all who stand there ask the same. */
function inTurn(partitions: readonly number[], places: Places, limit: number): readonly number[] {
  const seen = partitions.reduce((sum, partition) => sum + (places.get(partition)?.position ?? 0), 0)
  const first = Math.floor(seen / limit) % partitions.length
  return [...partitions.slice(first), ...partitions.slice(0, first)]
}
