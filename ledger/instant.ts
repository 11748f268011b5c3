// Instants with microseconds, as text: RFC 3339 in any offset and with up to 6 decimals comes in, UTC with exactly 6 decimals is kept and answered
// (`2026-01-02T01:04:05.000000Z`). The canonical text compares like the time it means. A JavaScript Date holds only milliseconds, so none ever carries an instant.
import { z } from 'zod'
import { component } from './description/component.ts'

export type Instant = string

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/
const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
export const EARLIEST: Instant = '1900-01-01T00:00:00.000000Z'
export const LATEST: Instant = '2200-01-01T00:00:00.000000Z'

/** Microseconds since 1970 of a canonical instant. */
export const toMicros = (instant: Instant): bigint => BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * 1000n + BigInt(instant.slice(20, 26))

export function fromMicros(micros: bigint): Instant {
  const second = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  return `${new Date(Number((micros - second) / 1000n)).toISOString().slice(0, 19)}.${String(second).padStart(6, '0')}Z`
}

/** The canonical form of an RFC 3339 time between 1900 and 2200, or undefined where the text is not one. */
export function parseInstant(text: string): Instant | undefined {
  const match = PATTERN.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || Number(offsetHour) > 23 || Number(offsetMinute) > 59)
    return undefined
  const local = new Date(0)
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (local.getUTCMonth() !== Number(month) - 1 || local.getUTCDate() !== Number(day)) return undefined
  local.setUTCHours(Number(hour), Number(minute), Number(second))
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -60_000 : 60_000)
  const millis = local.getTime() - offset
  if (!Number.isFinite(millis)) return undefined
  const whole = new Date(millis).toISOString()
  const instant = `${whole.slice(0, 19)}.${fraction.padEnd(6, '0')}Z`
  return whole.length === 24 && instant >= EARLIEST && instant < LATEST ? instant : undefined
}

/** The process's clock, in milliseconds padded to microseconds: good enough to decide by, never recorded. */
export const now = (): Instant => `${new Date().toISOString().slice(0, 23)}000Z`

/** PostgreSQL's text of a timestamptz in UTC (`2026-01-02 01:04:05.5+00`) in canonical form. */
export function fromPostgres(text: string): Instant {
  if (text === '-infinity') return EARLIEST
  const end = text.indexOf('+')
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, end).padEnd(6, '0')}Z`
}

export const isInstant = (text: string): boolean => CANONICAL.test(text)

/** An instant as it is kept. */
export const keptInstant = z
  .string()
  .refine(isInstant, { error: 'must be an instant in UTC with 6 decimals' })
  .meta(
    component('Instant', {
      type: 'string',
      format: 'date-time',
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$',
      description: 'An instant in UTC, with exactly 6 decimals: such texts sort like the times they mean.',
      examples: ['2026-01-02T01:04:05.000000Z'],
    }),
  )

/** A time as it comes in, not yet read. */
export const timeText = z.string().meta(
  component('Time', {
    type: 'string',
    format: 'date-time',
    description: 'RFC 3339 with any offset and up to 6 decimals, from 1900 to 2200.',
    examples: ['2026-01-05T14:30:00Z', '2026-01-05T09:30:00.000001-05:00'],
  }),
)

export const instantSchema = timeText.transform((text, context) => {
  const instant = parseInstant(text)
  if (instant !== undefined) return instant
  context.issues.push({
    code: 'custom',
    message: 'must be an RFC 3339 time from 1900 to 2200 with an offset and up to 6 decimals, e.g. 2026-01-02T03:04:05.678Z',
    input: text,
  })
  return z.NEVER
})
