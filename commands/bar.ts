// The commands on bars, and when they are refused. A bar is judged by itself, by the exchange's calendar, and by the bar before it, which the command names and the append checks. What is odd is
// refused, or kept with a flag where the command says so: never neither.
import { z } from 'zod'
import { BAR_FLAGS, withChanges, type BarChanges, type BarState } from '../ledger/entities/bar.ts'
import { barPeriod, endOf } from '../ledger/entities/bar-period.ts'
import { canonicalDecimal, positiveDecimalSchema } from '../ledger/decimal.ts'
import { component } from '../ledger/description/component.ts'
import { entityIdSchema, localOf, ownerOf, type EntityId } from '../ledger/entity-id.ts'
import { currencySchema, textSchema } from '../ledger/text.ts'
import { judge, type Anomaly, type Judgement } from './bar-rules.ts'
import type { Asked, CommandDefinition, Decision, Lookup } from './command.ts'
import { append, nothing, reject, type Refused } from './decision.ts'
import { changing, creating } from './define.ts'
import type { RejectionCode } from './rejection.ts'

export const DEFAULT_SPIKE_THRESHOLD = '0.25'

const volume = z
  .string({ error: 'must be a whole number, as text' })
  .regex(/^\d{1,20}$/, { error: 'must be a whole number of up to 20 digits, as text' })
  .meta(
    component('WholeNumber', {
      type: 'string',
      pattern: '^[0-9]{1,20}$',
      description: 'A whole number from 0, as text: up to 20 digits.',
      examples: ['158168416'],
    }),
  )
  .transform(canonicalDecimal)

/** Absent: blank. */
const price = positiveDecimalSchema.optional()

const judging = {
  /** The bar before this one, of the same instrument and interval; null: none is known. */
  previousBarId: entityIdSchema('bar').nullable(),
  /** What becomes of a bar that is odd. */
  onAnomaly: z.enum(['refuse', 'flag']).default('refuse'),
  /** Whose trading days count. */
  calendar: z.enum(['XNYS', 'every-day', 'none']).default('XNYS'),
  /** By what part the close may differ from the one before. */
  spikeThreshold: positiveDecimalSchema.default(DEFAULT_SPIKE_THRESHOLD),
}

const recording = z.strictObject({
  open: price,
  high: price,
  low: price,
  close: positiveDecimalSchema,
  volume,
  bid: price,
  ask: price,
  currency: currencySchema.optional(),
  source: textSchema().optional(),
  revision: z.int().nonnegative().optional(),
  ...judging,
})

type Recording = z.infer<typeof recording>
type How = Pick<Recording, 'onAnomaly' | 'calendar' | 'spikeThreshold'>

const judgingOf = ({ calendar, spikeThreshold }: How) => ({ calendar: calendar === 'none' ? undefined : calendar, spikeThreshold })

/** What the bar before must be, or the judgement would be one of something else. Told from its id: of another owner's, not even whether it is there. */
function refusePrevious({ owner, interval, start }: BarState, id: EntityId): Refused | undefined {
  const period = barPeriod(localOf(id))
  if (ownerOf(id) === owner && period?.interval === interval && period.start < start) return undefined
  return reject('not_previous_bar', `${id} is not an earlier ${interval} of ${owner}`, '/previousBarId')
}

/** What is flagged already is no reason to refuse. */
function refuseAnomalies({ anomalies }: Judgement, { onAnomaly }: How, known: BarState['flags']): Refused | undefined {
  if (onAnomaly === 'flag') return undefined
  const found = anomalies.filter(({ flag }) => flag !== 'spike' && !known.includes(flag))
  const [first] = found
  return first && reject(first.flag as RejectionCode, found.map(({ detail }) => detail).join('; '), first.pointer)
}

const flagsOf = (anomalies: readonly Anomaly[]) => anomalies.map(({ flag }) => flag)

/** With nothing that is undefined. */
const defined = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value

function decideRecord({ entityId, data, effectiveAt }: Asked<Recording>, lookup: Lookup): Decision {
  const period = barPeriod(localOf(entityId))
  if (!period) return reject('not_a_bar_time', `${localOf(entityId)} is neither a day nor a minute`, '/barId')
  const { previousBarId, onAnomaly, calendar, spikeThreshold, ...values } = data
  const { interval, start, end } = period
  const bar: BarState = defined({
    owner: ownerOf(entityId),
    interval,
    start,
    ...values,
    flags: [],
    previousBarId: previousBarId ?? undefined,
  })
  const previous = before(bar, lookup)
  if ('missing' in previous || 'reject' in previous) return previous
  const how = { onAnomaly, calendar, spikeThreshold }
  const judgement = judge(bar, previous.state, judgingOf(how))
  const recorded = defined({ ...bar, flags: flagsOf(judgement.anomalies), missingDays: judgement.missingDays || undefined })
  return refuseAnomalies(judgement, how, []) ?? append({ entityId, event: 'BarRecorded', data: recorded, effectiveAt: effectiveAt ?? end })
}

function before(bar: BarState, lookup: Lookup): { readonly state: BarState | undefined } | { readonly missing: EntityId } | Refused {
  const id = bar.previousBarId
  if (id === undefined) return { state: undefined }
  const refused = refusePrevious(bar, id)
  if (refused) return refused
  const { state } = lookup<BarState>(id)
  return state === undefined ? { missing: id } : { state }
}

/** A spike is always kept. */
const ANOMALY_REJECTIONS = BAR_FLAGS.filter((flag) => flag !== 'spike')

export const recordBar = creating({
  name: 'RecordBar',
  kind: 'bar',
  route: '/bars',
  summary: 'Record what an instrument traded at over a day or a minute',
  example: {
    open: '184.2',
    high: '186.9',
    low: '183.85',
    close: '186.1',
    volume: '58120400',
    currency: 'USD',
    source: 'XNAS',
    previousBarId: null,
  },
  rejections: ['not_a_bar_time', 'not_previous_bar', ...ANOMALY_REJECTIONS],
  creates: { local: 'barId' },
  alsoNames: ['previousBarId'],
  data: recording,
  decide: decideRecord,
})

const removable = {
  open: price,
  high: price,
  low: price,
  bid: price,
  ask: price,
  currency: recording.shape.currency,
  source: recording.shape.source,
}

const correction = z.strictObject({
  open: removable.open.nullable(),
  high: removable.high.nullable(),
  low: removable.low.nullable(),
  close: price,
  volume: volume.optional(),
  bid: removable.bid.nullable(),
  ask: removable.ask.nullable(),
  currency: removable.currency.nullable(),
  source: removable.source.nullable(),
  revision: recording.shape.revision,
  ...judging,
  /** Absent: the one that it was judged by before. */
  previousBarId: judging.previousBarId.optional(),
  reason: textSchema().optional(),
})

type Correction = z.infer<typeof correction>

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/** What differs; null: it is gone. */
const changesOf = (bar: BarState, corrected: BarState): BarChanges =>
  Object.fromEntries(
    [...new Set([...Object.keys(bar), ...Object.keys(corrected)])]
      .map((name) => [name, corrected[name as keyof BarState] ?? null] as const)
      .filter(([name, value]) => !isSame(value, bar[name as keyof BarState])),
  )

function decideCorrect(bar: BarState, { entityId, data, effectiveAt }: Asked<Correction>, lookup: Lookup): Decision {
  const { onAnomaly, calendar, spikeThreshold, reason, ...said } = data
  const values = withChanges(bar, said)
  const isNews = Object.keys(changesOf(bar, values)).some((name) => name !== 'revision')
  if (data.revision !== undefined && bar.revision !== undefined && data.revision <= bar.revision)
    return isNews ? reject('older_revision', `${entityId} is at revision ${bar.revision} of its source`, '/revision') : nothing
  const previous = before(values, lookup)
  if ('missing' in previous || 'reject' in previous) return previous
  const how = { onAnomaly, calendar, spikeThreshold }
  const judgement = judge(values, previous.state, judgingOf(how))
  const { missingDays: _, ...judged } = values
  const corrected = defined({ ...judged, flags: flagsOf(judgement.anomalies), missingDays: judgement.missingDays || undefined })
  const changes = changesOf(bar, corrected)
  if (Object.keys(changes).length === 0) return nothing
  return (
    refuseAnomalies(judgement, how, bar.flags) ??
    append({
      entityId,
      event: 'BarCorrected',
      data: { ...changes, ...(reason !== undefined && { reason }) },
      effectiveAt: effectiveAt ?? endOf(bar.interval, bar.start),
    })
  )
}

const correctBar = changing({
  name: 'CorrectBar',
  kind: 'bar',
  route: '/bars/{id}/correct',
  summary: 'Correct a bar, or judge it again',
  example: { close: '186.15', reason: 'late print' },
  rejections: ['older_revision', 'not_previous_bar', ...ANOMALY_REJECTIONS],
  alsoNames: ['previousBarId'],
  data: correction,
  decide: decideCorrect,
})

export const barCommands: readonly CommandDefinition[] = [recordBar, correctBar]
