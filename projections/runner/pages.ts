// Pages of the feed for many readers: projections that stand at the same place get the same page, read once; and while they write it, the one after it is read already.
import type { Feed, FeedPage } from '../../ledger/feed.ts'
import { ForeignPlace, markOf } from '../../ledger/feed-place.ts'
import { placesAfter } from './advance.ts'
import type { Places } from '../sinks/sink.ts'

/** At most so many versions are read, held and written at a time. */
export const BATCH_VERSIONS = 500
/** In pages that several readers may ask for; two of them in any case. */
export const REMEMBERED_VERSIONS = 4_000
const FOREIGN =
  'what the view has seen is not in this ledger, which is another one, or was restored to an earlier time: build it anew, with `strata projections rebuild NAME --restart`'

export interface Pages {
  /** What comes after the places, in these partitions only, up to `limit` versions. Throws ForeignPlace where the ledger is not the one that the places are of. */
  read(partitions: readonly number[], places: Places, limit?: number): Promise<FeedPage>
}

export function pages(feed: Feed): Pages {
  const remembered = new Map<string, Promise<FeedPage>>()
  let newest: Promise<FeedPage> | undefined

  function read(partitions: readonly number[], places: Places, limit: number): Promise<FeedPage> {
    const wanted = new Set(partitions)
    const seen = Array.from({ length: feed.partitions }, (_, partition) => (wanted.has(partition) ? places.get(partition) : undefined))
    const positions = seen.map((place) => place?.position ?? 0)
    // Another partition is the first one each time, so that none waits for a busy one; by the place alone, so that all who stand there ask the same.
    const turn = Math.floor(positions.reduce((sum, position) => sum + position, 0) / limit)
    const first = partitions[turn % partitions.length] ?? 0
    const at = { positions, first, mark: markOf(seen.map((place) => place?.recordedAt ?? null)) }
    return feed.read(at, limit, { partitions }).catch((error: unknown) => {
      throw error instanceof ForeignPlace ? new ForeignPlace(FOREIGN, { cause: error }) : error
    })
  }

  function remember(partitions: readonly number[], places: Places, limit: number): Promise<FeedPage> {
    const key = `${limit} ${partitions.map((partition) => `${partition}:${places.get(partition)?.position ?? 0}`).join()}`
    const known = remembered.get(key)
    if (known) return known
    const page = read(partitions, places, limit)
    const forget = (): void => {
      if (remembered.get(key) === page) remembered.delete(key)
    }
    remembered.set(key, page)
    newest = page
    // Nothing yet is not an answer for later.
    page.then(({ versions }) => {
      if (versions.length === 0) forget()
    }, forget)
    const [oldest] = remembered.keys()
    if (remembered.size > Math.max(2, REMEMBERED_VERSIONS / limit) && oldest !== undefined) remembered.delete(oldest)
    return page
  }

  return {
    async read(partitions, places, limit = BATCH_VERSIONS) {
      const asked = remember(partitions, places, limit)
      const page = await asked
      if (!page.caughtUp) void remember(partitions, new Map([...places, ...placesAfter(page.versions)]), limit)
      // Who gets a page that others had before them has more to do.
      return { ...page, caughtUp: page.caughtUp && asked === newest }
    },
  }
}
