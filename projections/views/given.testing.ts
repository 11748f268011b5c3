// Given versions, when they are projected, then these documents: how tests of pure views are written.
import { kindNamed } from '../../ledger/entities/index.ts'
import { kindOf, ownerOf } from '../../ledger/entity-id.ts'
import type { Instant } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { partitionOf } from '../../ledger/partition.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { fold, type Kept } from '../fold.ts'
import type { Projection } from '../projection.ts'

export interface EntityEvent {
  readonly entityId: string
  readonly event: string
  readonly data?: JsonObject
}

export interface Happened extends EntityEvent {
  /** When it was recorded, and took effect. */
  readonly at: Instant
}

const AT = '2026-01-02T03:04:05.000000Z'

/** As the ledger would record them: each with the state after it, all at one instant, in one partition. */
export const versionsOf = (events: readonly EntityEvent[]): readonly VersionRecord[] =>
  recordedIn(
    1,
    events.map((event) => ({ ...event, at: AT })),
  )

/** As a ledger of so many partitions would record them, in the order of the feed. */
export function recordedIn(partitions: number, events: readonly Happened[]): readonly VersionRecord[] {
  const states = new Map<string, { readonly version: number; readonly state: object }>()
  const positions = new Map<number, number>()
  return events.map(({ entityId, event, data = {}, at }, n) => {
    const kind = kindNamed(kindOf(entityId))
    if (!kind) throw new TypeError(`there is no kind of ${entityId}`)
    const before = states.get(entityId)
    const state = kind.evolve(before?.state, { event, data })
    const version = (before?.version ?? 0) + 1
    states.set(entityId, { version, state })
    const partition = partitionOf(entityId, partitions)
    const position = (positions.get(partition) ?? 0) + 1
    positions.set(partition, position)
    return {
      entityId,
      kind: kind.kind,
      version,
      event,
      data,
      state: state as JsonObject,
      partition,
      position,
      commandId: String(n),
      commandScope: ownerOf(entityId),
      commandSeq: 0,
      commandSize: 1,
      actor: 'test',
      correlationId: String(n),
      causationId: null,
      recordedAt: at,
      effectiveAt: at,
      schemaVersion: 1,
    }
  })
}

/** What is shown, by key. */
export const shownAfter = (projection: Projection, versions: readonly VersionRecord[]): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(documentsAfter(projection, versions).map(([key, body]) => [key, projection.show(body)]))

export const keptAfter = (projection: Projection, versions: readonly VersionRecord[]): readonly JsonObject[] =>
  documentsAfter(projection, versions).map(([, body]) => body)

/** Those of its kinds, fed one by one, as the runner may. */
function documentsAfter(projection: Projection, versions: readonly VersionRecord[]): readonly (readonly [string, JsonObject])[] {
  const documents = new Map<string, Kept>()
  const memories = new Map<string, Kept>()
  for (const version of versions.filter(({ kind }) => projection.kinds.includes(kind))) {
    const after = fold(projection, [version], { documents, memories })
    for (const [key, kept] of after.documents) documents.set(key, kept)
    for (const [key, kept] of after.memories) memories.set(key, kept)
  }
  return [...documents].flatMap(([key, { body }]) => (body ? [[key, body] as const] : []))
}

export const submitted = (entityId: string, data: JsonObject = {}): EntityEvent => ({
  entityId,
  event: 'TradeSubmitted',
  data: { owner: ownerOf(entityId), instrument: 'AAPL', side: 'buy', quantity: '100', price: '10', currency: 'USD', ...data },
})
export const executed = (entityId: string, executionId: string, quantity: string, price: string, commission?: string): EntityEvent => ({
  entityId,
  event: 'ExecutionRecorded',
  data: { executionId, quantity, price, ...(commission !== undefined && { commission }) },
})
export const busted = (entityId: string, executionId: string): EntityEvent => ({
  entityId,
  event: 'ExecutionBusted',
  data: { executionId, reason: 'wrong' },
})
