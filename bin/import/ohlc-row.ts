// A row of a file of bars, by the names in its first line: `date,open,high,low,close,volume,Name`. Pure.
import { readMarketBar, type MarketBar } from '../../commands/market/market-bar.ts'
import type { Refusal } from './import-line.ts'

/** What the columns may be called, in any case. */
const COLUMNS = {
  start: ['date', 'time', 'timestamp', 'datetime', 'start'],
  open: ['open'],
  high: ['high'],
  low: ['low'],
  close: ['close'],
  volume: ['volume'],
  symbol: ['name', 'symbol', 'ticker', 'instrument'],
  bid: ['bid'],
  ask: ['ask'],
  currency: ['currency'],
} as const

type Column = keyof typeof COLUMNS
const NEEDED: readonly Column[] = ['start', 'close', 'volume']

export type ReadRow = (text: string) => MarketBar | Refusal

/** Reads the rows under a header; or says what it lacks. `symbol`: of rows that have no column for it. */
export function rowReader(header: string, symbol: string | undefined): ReadRow | Refusal {
  const names = fieldsOf(header).map((name) => name.toLowerCase())
  const places = new Map<Column, number>()
  for (const [column, words] of Object.entries(COLUMNS) as readonly (readonly [Column, readonly string[]])[]) {
    const place = names.findIndex((name) => words.includes(name))
    if (place !== -1) places.set(column, place)
  }
  const missing = NEEDED.filter((column) => !places.has(column))
  if (missing.length > 0)
    return { refused: `its first line names no ${missing.map((column) => COLUMNS[column].join(' or ')).join(', no ')}` }
  return (text) => {
    const fields = fieldsOf(text)
    if (fields.length !== names.length) return { refused: `a row has ${names.length} fields, this one ${fields.length}` }
    const told: Partial<Record<Column, string>> = Object.fromEntries([...places].map(([column, place]) => [column, fields[place]]))
    const start = told.start ?? ''
    const interval = DAY.test(start) ? 'day' : 'minute'
    // a blank volume says that nothing was traded; the bar is flagged for it
    return readMarketBar({ symbol, ...told, interval, start: interval === 'day' ? start : inUtc(start), volume: told.volume || '0' })
  }
}

const DAY = /^\d{4}-\d\d-\d\d$/
const NO_OFFSET = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?$/

/** A time without an offset is one in UTC. */
const inUtc = (time: string): string =>
  time.replace(NO_OFFSET, (_, day: string, minute: string, seconds = ':00') => `${day}T${minute}${seconds}Z`)

const fieldsOf = (text: string): readonly string[] => text.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'))
