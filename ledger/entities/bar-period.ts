// The time a bar is about, as the last part of its id says it: a day, `2016-01-12`, or the minute that begins then, in UTC, `2016-01-12T14.30` (an id holds no colon). Ids of one instrument
// sort like time. Pure.
import { fromMicros, parseInstant, toMicros, type Instant } from '../instant.ts'

export type BarInterval = 'day' | 'minute'

export interface BarPeriod {
  readonly interval: BarInterval
  readonly start: Instant
  /** When the bar is whole: the next one's start. */
  readonly end: Instant
}

const DAY = /^\d{4}-\d\d-\d\d$/
const MINUTE = /^(\d{4}-\d\d-\d\d)T(\d\d)\.(\d\d)$/
const MINUTE_MICROS = 60_000_000n
const LENGTH_MICROS: Readonly<Record<BarInterval, bigint>> = { day: 24n * 60n * MINUTE_MICROS, minute: MINUTE_MICROS }

/** Undefined where the text is neither a day nor a minute between 1900 and 2200. */
export function barPeriod(local: string): BarPeriod | undefined {
  if (DAY.test(local)) return periodFrom('day', `${local}T00:00:00Z`)
  const [, day, hour, minute] = MINUTE.exec(local) ?? []
  return day === undefined ? undefined : periodFrom('minute', `${day}T${hour}:${minute}:00Z`)
}

function periodFrom(interval: BarInterval, text: string): BarPeriod | undefined {
  const start = parseInstant(text)
  const end = start && parseInstant(endOf(interval, start))
  return start === undefined || end === undefined ? undefined : { interval, start, end }
}

export const endOf = (interval: BarInterval, start: Instant): Instant => fromMicros(toMicros(start) + LENGTH_MICROS[interval])

/** The last part of the id of the bar that begins then. */
export const barLocal = (interval: BarInterval, start: Instant): string =>
  interval === 'day' ? dayOf(start) : `${dayOf(start)}T${start.slice(11, 13)}.${start.slice(14, 16)}`

/** The day of an instant, in UTC: `2016-01-12`. */
export const dayOf = (instant: Instant): string => instant.slice(0, 10)
