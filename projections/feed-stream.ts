// The feed as text that is streamed: server-sent events that follow it live, and lines up to its head. Both read a page only when the one before was taken, and hold no more than that page.
import type { Feed, FeedFilter, FeedPage } from '../ledger/feed.ts'
import type { FeedPlace } from '../ledger/feed-place.ts'
import { encodeFeedPlace } from '../ledger/feed-cursor.ts'

/** Versions read at a time: with states of some 100 kB, the most that one reader holds is some tens of MB. */
const PAGE_VERSIONS = 200
const CHUNK_CHARACTERS = 64 * 1024
export const HEARTBEAT_MS = 15_000
const RETRY_MS = 1_000

export interface Following {
  readonly place: FeedPlace
  readonly filter: FeedFilter
  readonly signal: AbortSignal
  readonly heartbeatMs?: number
}

/** An event per version, its id the place after it, until the signal is aborted. A comment where nothing was said for a while; with the place, if the filter let pass what lies between. */
export async function* eventStream(
  feed: Feed,
  { place, filter, signal, heartbeatMs = HEARTBEAT_MS }: Following,
): AsyncGenerator<string, void, undefined> {
  yield `retry: ${RETRY_MS}\n: the feed follows\n\n`
  let saidAt = performance.now()
  let told = encodeFeedPlace(place)
  for await (const page of feed.follow(place, { limit: PAGE_VERSIONS, filter, signal })) {
    if (page.versions.length > 0)
      yield* chunks(page, (n) => `id: ${encodeFeedPlace(page.placeAfter(n))}\ndata: ${JSON.stringify(page.versions[n])}\n\n`)
    else if (performance.now() - saidAt < heartbeatMs) continue
    else yield encodeFeedPlace(page.next) === told ? ': still here\n\n' : `: still here\nid: ${encodeFeedPlace(page.next)}\n\n`
    saidAt = performance.now()
    told = encodeFeedPlace(page.next)
  }
}

/** A line per version, from a place up to another one that `feed.end` gave. */
export async function* lines(feed: Feed, place: FeedPlace, filter: FeedFilter, until: FeedPlace): AsyncGenerator<string, void, undefined> {
  for (let at = place, done = false; !done;) {
    const page = await feed.read(at, PAGE_VERSIONS, filter, until)
    yield* chunks(page, (n) => `${JSON.stringify(page.versions[n])}\n`)
    at = page.next
    done = page.caughtUp
  }
}

/** The page's versions as text, in pieces of a good size to send. */
function* chunks(page: FeedPage, text: (n: number) => string): Generator<string, void, undefined> {
  let chunk = ''
  for (let n = 0; n < page.versions.length; n++) {
    chunk += text(n)
    if (chunk.length < CHUNK_CHARACTERS) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}
