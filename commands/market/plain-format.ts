// The plain form: a message is a bar, a list of bars, or `{bars, cursor?, hasMore?}`; a bar is `{symbol, interval, start, open, high, low, close, volume}` and may have bid, ask, currency, source,
// revision, cursor. Numbers may be numbers or text. A subscription says `{subscribe: {symbols, interval, since, cursor?}}`, a page is asked for with the same as parameters.
import { readMarketBar } from './market-bar.ts'
import type { MarketAsk, MarketFormat, Told } from './source.ts'

const subscription = ({ symbols, interval, since, cursor }: MarketAsk): string =>
  JSON.stringify({ subscribe: { symbols, interval, since, cursor } })

function pageUrl(base: URL, { symbols, interval, since, cursor }: MarketAsk): URL {
  const url = new URL(base)
  url.searchParams.set('symbols', symbols.join(','))
  url.searchParams.set('interval', interval)
  const starts = symbols.flatMap((symbol) => since[symbol] ?? [])
  if (cursor !== undefined) url.searchParams.set('cursor', cursor)
  // of a symbol of which nothing is there, all is wanted
  else if (starts.length === symbols.length)
    url.searchParams.set(
      'since',
      starts.reduce((a, b) => (a < b ? a : b)),
    )
  return url
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function translate(message: unknown): Told {
  const page = isObject(message) && Array.isArray(message['bars']) ? message : undefined
  const found: readonly unknown[] = page ? (page['bars'] as readonly unknown[]) : Array.isArray(message) ? message : [message]
  const last = found.findLast((one) => isObject(one) && textOf(one['cursor']) !== undefined)
  return {
    bars: found.map(readMarketBar),
    cursor: textOf(page?.['cursor']) ?? (isObject(last) ? textOf(last['cursor']) : undefined),
    hasMore: page?.['hasMore'] === true,
  }
}

export const plainFormat: MarketFormat = { subscription, pageUrl, translate }
