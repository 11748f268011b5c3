// Given versions, when they are projected, then these documents: how tests of pure views are written.
import { kindNamed } from '../../ledger/entities/index.ts'
import { kindOf, ownerOf } from '../../ledger/entity-id.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { fold, type Kept } from '../fold.ts'
import type { Projection } from '../projection.ts'

export interface EntityEvent {
  readonly entityId: string
  readonly event: string
  readonly data?: JsonObject
}

const AT = '2026-01-02T03:04:05.000000Z'

/** As the ledger would record them: each with the state after it. */
export function versionsOf(events: readonly EntityEvent[]): readonly VersionRecord[] {
  const states = new Map<string, { version: number; state: object }>()
  return events.map(({ entityId, event, data = {} }, n) => {
    const before = states.get(entityId)
    const kind = kindOf(entityId)
    const state = kindNamed(kind)?.evolve(before?.state, { event, data }) ?? {}
    const version = (before?.version ?? 0) + 1
    states.set(entityId, { version, state })
    return {
      entityId,
      kind,
      version,
      event,
      data,
      state: state as JsonObject,
      partition: 0,
      position: n + 1,
      commandId: String(n),
      commandScope: ownerOf(entityId),
      commandSeq: 0,
      commandSize: 1,
      actor: 'test',
      correlationId: String(n),
      causationId: null,
      recordedAt: AT,
      effectiveAt: AT,
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
