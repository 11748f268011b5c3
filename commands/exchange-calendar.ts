// The days on which an exchange trades, by rule. XNYS is that of the New York exchanges, NYSE and NASDAQ alike (NYSE Rule 7.2, https://www.nyse.com/markets/hours-calendars; closures for special
// reasons from NYSE's and NASDAQ's notices), and right from 1981 on. Days are text, `2016-01-12`. Pure.

export type CalendarName = 'XNYS' | 'every-day'

const DAY_MS = 86_400_000
/** Of a gap: a longer one is told as one of so many days. */
export const MAX_MISSING_DAYS = 1_000

const [SUNDAY, MONDAY, THURSDAY, SATURDAY] = [0, 1, 4, 6]
const LAST = -1

const FIRST_MARTIN_LUTHER_KING_YEAR = 1998
const FIRST_JUNETEENTH_YEAR = 2022

/** Whole days on which it did not trade, and no rule says so. */
const SPECIAL_CLOSURES: ReadonlySet<string> = new Set([
  '1985-09-27', // hurricane Gloria
  '1994-04-27', // mourning for Nixon
  '2001-09-11',
  '2001-09-12',
  '2001-09-13',
  '2001-09-14',
  '2004-06-11', // Reagan
  '2007-01-02', // Ford
  '2012-10-29', // hurricane Sandy
  '2012-10-30',
  '2018-12-05', // Bush
  '2025-01-09', // Carter
])

const dateOf = (day: string): Date => new Date(`${day}T00:00:00Z`)
const textOf = (millis: number): string => new Date(millis).toISOString().slice(0, 10)
const utc = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day)

/** On a Sunday: the Monday after. On a Saturday: the Friday before. */
function observed(year: number, month: number, day: number): number {
  const millis = utc(year, month, day)
  const weekday = new Date(millis).getUTCDay()
  return millis + (weekday === SUNDAY ? DAY_MS : weekday === SATURDAY ? -DAY_MS : 0)
}

/** The third Monday of a month; -1: the last one. */
function nth(year: number, month: number, weekday: number, n: number): number {
  const first = n === LAST ? utc(year, month + 1, 1) - 7 * DAY_MS : utc(year, month, 1)
  const toWeekday = (weekday - new Date(first).getUTCDay() + 7) % 7
  return first + (toWeekday + 7 * (n === LAST ? 0 : n - 1)) * DAY_MS
}

/** Gregorian, by the anonymous algorithm (Nature, 20 April 1876). */
function easterSunday(year: number): number {
  const century = Math.floor(year / 100)
  const golden = year % 19
  const moonShift = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3)
  const epact = (19 * golden + century - Math.floor(century / 4) - moonShift + 15) % 30
  const weekday = (32 + 2 * (century % 4) + 2 * Math.floor((year % 100) / 4) - epact - (year % 4)) % 7
  const late = Math.floor((golden + 11 * epact + 22 * weekday) / 451)
  const days = epact + weekday - 7 * late + 114
  return utc(year, Math.floor(days / 31), (days % 31) + 1)
}

function holidaysOf(year: number): ReadonlySet<string> {
  const newYear = utc(year, 1, 1)
  return new Set(
    [
      // on a Saturday it is not observed: the Friday before is the last day of the year's books
      ...(new Date(newYear).getUTCDay() === SATURDAY ? [] : [observed(year, 1, 1)]),
      ...(year < FIRST_MARTIN_LUTHER_KING_YEAR ? [] : [nth(year, 1, MONDAY, 3)]),
      nth(year, 2, MONDAY, 3), // Washington's birthday
      easterSunday(year) - 2 * DAY_MS, // Good Friday
      nth(year, 5, MONDAY, LAST), // Memorial Day
      ...(year < FIRST_JUNETEENTH_YEAR ? [] : [observed(year, 6, 19)]),
      observed(year, 7, 4), // Independence Day
      nth(year, 9, MONDAY, 1), // Labor Day
      nth(year, 11, THURSDAY, 4), // Thanksgiving
      observed(year, 12, 25),
    ].map(textOf),
  )
}

const holidays = new Map<number, ReadonlySet<string>>()

function isHoliday(day: string): boolean {
  const year = Number(day.slice(0, 4))
  const known = holidays.get(year) ?? holidaysOf(year)
  holidays.set(year, known)
  return known.has(day)
}

function tradesInNewYork(day: string): boolean {
  const weekday = dateOf(day).getUTCDay()
  return weekday !== SATURDAY && weekday !== SUNDAY && !isHoliday(day) && !SPECIAL_CLOSURES.has(day)
}

export const isTradingDay = (calendar: CalendarName, day: string): boolean => calendar === 'every-day' || tradesInNewYork(day)

/** The trading days after one day and before another, MAX_MISSING_DAYS of them at most. */
export function tradingDaysBetween(calendar: CalendarName, after: string, before: string): readonly string[] {
  const found: string[] = []
  const end = dateOf(before).getTime()
  for (let at = dateOf(after).getTime() + DAY_MS; at < end && found.length < MAX_MISSING_DAYS; at += DAY_MS) {
    const day = textOf(at)
    if (isTradingDay(calendar, day)) found.push(day)
  }
  return found
}
