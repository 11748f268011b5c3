// Wall-clock times of a day in New York, as instants. Pure: the offset comes from the time zone rules that Node carries (Intl).
import type { Instant } from '../../ledger/instant.ts'

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/
const SECONDS = /^(\d{1,5})(?:\.(\d{1,18}))?$/
const SECONDS_A_DAY = 86_400
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FIRST_YEAR = 1971
const LAST_YEAR = 2199

/** Microseconds kept: what is finer is cut, not rounded. */
const DECIMALS = 6

const newYork = new Intl.DateTimeFormat('en-US', { timeZone: 'America/New_York', timeZoneName: 'longOffset' })

/** "GMT-04:00" of the instant, in milliseconds. */
function offsetAt(millis: number): number {
  const name = newYork.formatToParts(millis).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const match = /^GMT([+-])(\d\d):(\d\d)/.exec(name)
  if (!match) return 0
  const [, sign, hours, minutes] = match
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
}

/** Seconds after midnight, as the wall clock counts them (34200.004241176 is 09:30), to the instant; undefined where the text is no such time, or one that clocks skip. */
export type WallClock = (seconds: string) => Instant | undefined

/** The wall clock of a day (`2012-06-21`); undefined where there is no such day. An hour that comes twice is taken the first time. */
export function newYorkDay(day: string): WallClock | undefined {
  const match = DAY.exec(day)
  if (!match) return undefined
  const [year, month, date] = match.slice(1).map(Number) as [number, number, number]
  const midnight = Date.UTC(year, month - 1, date)
  if (new Date(midnight).toISOString().slice(0, 10) !== day || year < FIRST_YEAR || year > LAST_YEAR) return undefined

  // Clocks are set at full hours, so an offset holds for an hour of the wall clock.
  const offsets = new Map<number, number | undefined>()
  const offsetOf = (hour: number): number | undefined => {
    if (!offsets.has(hour)) offsets.set(hour, offsetOfWall(midnight + hour * HOUR_MS))
    return offsets.get(hour)
  }
  return (seconds) => {
    const [, whole, fraction = ''] = SECONDS.exec(seconds) ?? []
    if (whole === undefined || Number(whole) >= SECONDS_A_DAY) return undefined
    const offset = offsetOf(Math.floor((Number(whole) * 1000) / HOUR_MS))
    if (offset === undefined) return undefined
    const instant = new Date(midnight + Number(whole) * 1000 - offset).toISOString()
    return `${instant.slice(0, 19)}.${fraction.slice(0, DECIMALS).padEnd(DECIMALS, '0')}Z`
  }
}

/** Of a wall clock's reading, written as if it were UTC; undefined where clocks skip it. Yesterday's offset decides which of two. */
function offsetOfWall(wall: number): number | undefined {
  const offset = offsetAt(wall - offsetAt(wall - DAY_MS))
  return offsetAt(wall - offset) === offset ? offset : undefined
}
