// Bars by asking for them: a page at a time, at once while there is more, else after a while.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseExact } from '../exact-json.ts'
import { isForGood, SourceRefused, type Delivery, type MarketAsk, type MarketFormat, type MarketSource } from '../source.ts'

export const MAX_MARKET_PAGE_BYTES = 16 * 1024 * 1024
export const PAGE_WITHIN_MS = 30_000
const SECOND_MS = 1_000
/** A source may ask for more patience than this; then it is asked again all the same. */
export const MAX_RETRY_AFTER_MS = 300_000

export interface PollingOptions {
  readonly url: URL
  readonly format: MarketFormat
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly everyMs: number
  /** Ends when there is no more. */
  readonly once?: boolean
}

export function pollingSource({ url, format, headers = {}, everyMs, once = false }: PollingOptions): MarketSource {
  return {
    name: url.host,
    async *read(ask, signal) {
      for (let cursor = ask.cursor; ;) {
        const from: MarketAsk = { ...ask, cursor }
        const answer = await pageAt(format.pageUrl(url, from), headers, signal)
        if (answer === 'later') continue
        const told = format.translate(answer, from)
        cursor = told.cursor ?? cursor
        yield { bars: told.bars, cursor } satisfies Delivery
        if (told.hasMore) continue
        if (once) return
        await sleep(everyMs, undefined, { signal })
      }
    },
  }
}

/** `later`: it was asked too often, and the time it wanted is over. */
async function pageAt(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/json', ...headers },
    // what was sent to one address, with its secrets, is for no other
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(PAGE_WITHIN_MS)]),
  })
  const { status } = response
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  if ((status === 429 || status === 503) && retryAfter >= 0) {
    await response.body?.cancel()
    await sleep(Math.min(retryAfter * SECOND_MS, MAX_RETRY_AFTER_MS), undefined, { signal })
    return 'later'
  }
  if (!response.ok) {
    await response.body?.cancel()
    const message = `the source answers ${status}`
    throw isForGood(status) ? new SourceRefused(message) : new Error(message)
  }
  const value = parseExact(await textOf(response))
  if (value === undefined) throw new Error('the source answers with what is no JSON')
  return value
}

async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? new ReadableStream<Uint8Array>()) {
    bytes += piece.length
    if (bytes > MAX_MARKET_PAGE_BYTES) throw new Error(`the source answers with more than ${MAX_MARKET_PAGE_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
