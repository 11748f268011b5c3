// For tests: the ledger's reads in plain TypeScript over all the records there are, slow and obvious; and random histories to try both on.
import fc from 'fast-check'
import { ticketOf } from './batch.testing.ts'
import { kindNamed } from './entities/index.ts'
import type { EntityId } from './entity-id.ts'
import { fromMicros, toMicros, type Instant } from './instant.ts'
import type { JsonObject } from './json.ts'
import type { NewVersion } from './known.ts'
import type { Ledger } from './index.ts'
import type { VersionRecord } from './record.ts'
import { work } from './works.testing.ts'

export interface Model {
  readonly asOf: (id: EntityId, at: Instant) => VersionRecord | undefined
  readonly effective: (id: EntityId, at: Instant, effectiveAt: Instant) => VersionRecord | undefined
  /** Every entity, by id descending. */
  readonly ids: readonly EntityId[]
  /** Instants at, just before and just after everything that happened. */
  readonly recordedTimes: readonly Instant[]
  readonly effectiveTimes: readonly Instant[]
}

export function model(records: readonly VersionRecord[]): Model {
  const of = (id: EntityId) => records.filter(({ entityId }) => entityId === id).sort((a, b) => a.version - b.version)
  const around = (times: readonly Instant[]) =>
    [...new Set(times)].flatMap((at) => [-1n, 0n, 1n].map((by) => fromMicros(toMicros(at) + by)))
  return {
    asOf: (id, at) => of(id).findLast(({ recordedAt }) => recordedAt <= at),
    effective(id, at, effectiveAt) {
      const held = of(id).filter((record) => record.recordedAt <= at && record.effectiveAt <= effectiveAt)
      const [first, ...rest] = held
      if (first?.version !== 1) return undefined
      const order = [
        first,
        ...rest.sort((a, b) => (a.effectiveAt === b.effectiveAt ? a.version - b.version : a.effectiveAt < b.effectiveAt ? -1 : 1)),
      ]
      let state: object | undefined
      for (const record of order) state = kindNamed(record.kind)?.evolve(state, record)
      return { ...(order.at(-1) ?? first), state: JSON.parse(JSON.stringify(state)) as JsonObject }
    },
    ids: [...new Set(records.map(({ entityId }) => entityId))].sort().reverse(),
    recordedTimes: around(records.map(({ recordedAt }) => recordedAt)),
    effectiveTimes: around(records.map(({ effectiveAt }) => effectiveAt)),
  }
}

/** What happens to one of a few tickets, holding from one of a few instants, or from when it is recorded. */
export interface Happening {
  readonly ticket: number
  readonly effectiveAt: Instant | undefined
  readonly event: Pick<NewVersion, 'event' | 'data'>
}

const TICKETS = 3
const instants = ['2020-01-01T00:00:00.000000Z', '2020-01-01T00:00:00.000001Z', '2021-06-01T12:00:00.500000Z', '2022-01-01T00:00:00.000000Z', '2199-01-01T00:00:00.000000Z'] // prettier-ignore
const word = fc.constantFrom('high', 'low', 'mid')
const event = fc.oneof(
  fc.record({ subject: word }, { requiredKeys: [], noNullPrototype: true }).map((data) => ({ event: 'TicketEdited', data })),
  word.map((status) => ({ event: 'TicketEdited', data: { status } })),
  fc
    .record(
      { priority: word, fields: fc.dictionary(fc.constantFrom('a', 'b'), fc.option(word), { noNullPrototype: true }) },
      { noNullPrototype: true },
    )
    .map((data) => ({ event: 'TicketEdited', data })),
  word.map((text) => ({ event: 'NoteAdded', data: { text } })),
  word.map((resolution) => ({ event: 'TicketClosed', data: { resolution } })),
  fc.constant({ event: 'TicketReopened', data: {} }),
)

export const histories = fc.array(
  fc.record<Happening>({ ticket: fc.nat(TICKETS - 1), effectiveAt: fc.option(fc.constantFrom(...instants), { nil: undefined }), event }),
  { minLength: 1, maxLength: 25 },
)

/** Appended to an owner's tickets one after the other; the first that happens to a ticket opens it. */
export async function happen(ledger: Ledger, owner: string, history: readonly Happening[]): Promise<readonly VersionRecord[]> {
  const replies = await Promise.all(
    history.map(({ ticket, effectiveAt, event: later }) => {
      const id = ticketOf(owner, `t${ticket}`)
      const opening = { event: 'TicketOpened', data: { owner, subject: 'a ticket' } }
      return ledger.append(
        work({ entities: [id], effectiveAt, decide: (view) => [{ entityId: id, ...(view.entity(id).version === 0 ? opening : later) }] }),
      )
    }),
  )
  return replies.flatMap(({ records }) => records)
}
