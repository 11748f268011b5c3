// A bar as a feed or a file tells it, whatever it came in: `{symbol, interval, start, open, high, low, close, volume}`, and what else a bar has. Prices are text, or they would lose digits on the
// way. Pure.
import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { z } from 'zod'
import { barLocal, barPeriod, type BarInterval } from '../../ledger/entities/bar-period.ts'
import { entityId, MAX_OWNER_CHARACTERS, type EntityId } from '../../ledger/entity-id.ts'
import { idPart } from '../../ledger/id-part.ts'
import { parseInstant, type Instant } from '../../ledger/instant.ts'
import { fieldErrors, pointerOf } from '../../ledger/request.ts'
import { recordBar } from '../bar.ts'

export interface MarketBar {
  readonly id: EntityId
  readonly interval: BarInterval
  readonly start: Instant
  /** Prices, volume and the like: of RecordBar's data what is about the bar itself. Canonical, without blanks. */
  readonly values: Readonly<Record<string, string | number>>
}

export interface Refusal {
  readonly refused: string
}

/** Members that nobody asked for are left out: feeds have many. */
const told = z.object({
  symbol: z.string().min(1),
  interval: z.enum(['day', 'minute']),
  start: z.string(),
  open: z.string().optional(),
  high: z.string().optional(),
  low: z.string().optional(),
  close: z.string(),
  volume: z.string(),
  bid: z.string().optional(),
  ask: z.string().optional(),
  currency: z.string().optional(),
  source: z.string().optional(),
  revision: z
    .union([
      z.int().nonnegative(),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ])
    .optional(),
})

const ZEROS = /^(\d+)\.0+$/

/** A member that is blank is absent; `100.0` is a whole number. */
const withoutBlanks = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== '' && member !== null && member !== undefined))

/** The bar, or why it is none: a sentence. */
export function readMarketBar(value: unknown): MarketBar | Refusal {
  if (typeof value !== 'object' || value === null) return { refused: 'a bar is a JSON object' }
  const parsed = told.safeParse(withoutBlanks(value), { reportInput: true })
  if (!parsed.success) return refusalOf(parsed.error.issues)
  const { symbol, interval, start, ...values } = parsed.data
  const period = barPeriod(localFor(interval, start))
  if (period?.interval !== interval) return { refused: `${JSON.stringify(start)} is not the start of a ${interval}` }
  const owner = idPart(symbol)
  if (owner.length > MAX_OWNER_CHARACTERS) return { refused: `the symbol ${symbol} is too long for an owner: ${owner}` }
  const checked = recordBar.data.safeParse(
    { ...values, volume: values.volume.replace(ZEROS, '$1'), previousBarId: null },
    { reportInput: true },
  )
  if (!checked.success) return refusalOf(checked.error.issues)
  const {
    previousBarId: _,
    onAnomaly: __,
    calendar: ___,
    spikeThreshold: ____,
    ...canonical
  } = checked.data as Record<string, string | number>
  return { id: entityId('bar', owner, barLocal(interval, period.start)), interval, start: period.start, values: canonical }
}

const refusalOf = (issues: readonly z.core.$ZodIssue[]): Refusal => ({
  refused: fieldErrors(issues, pointerOf)
    .map(({ pointer, detail }) => `${pointer} ${detail}`)
    .join('; '),
})

/** A day is written as one, or as its midnight in UTC; a minute as an instant of full minutes. */
function localFor(interval: BarInterval, start: string): string {
  const instant = parseInstant(start)
  if (instant === undefined) return start
  return instant.endsWith(interval === 'day' ? 'T00:00:00.000000Z' : ':00.000000Z') ? barLocal(interval, instant) : start
}

const HASH_CHARACTERS = 16

/** Of what is told about the bar: the same told again, by whichever feed or file, has the same key, so the ledger knows it again. */
export const barKey = ({ id, values }: MarketBar): string =>
  `bar:${hash('sha256', canonicalize({ id, values }) ?? '', 'hex').slice(0, HASH_CHARACTERS)}`
