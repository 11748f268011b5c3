// For tests: versions for `append` by hand, with everything that the test at hand does not care about filled in.
import { randomUUID } from 'node:crypto'
import type { Batch, BatchVersion } from './append.ts'
import { ownerOf, type EntityId } from './entity-id.ts'

export const HASH = 'ab'.repeat(32)

type Given = Partial<BatchVersion> & Pick<BatchVersion, 'entityId' | 'version'>

/** A version of a ticket (which no rule of its kind concerns), of a command of its own. */
export const row = (given: Given): BatchVersion => ({
  unit: 0,
  event: given.version === 1 ? 'TicketOpened' : 'NoteAdded',
  data: '{}',
  state: '{}',
  schemaVersion: 1,
  commandScope: ownerOf(given.entityId),
  commandId: randomUUID(),
  commandSeq: 0,
  commandSize: 1,
  commandHash: (given.commandSeq ?? 0) === 0 ? HASH : undefined,
  actor: 'test',
  correlationId: 'test',
  causationId: null,
  effectiveAt: undefined,
  ...given,
})

/** Versions that belong to one command of the first one's owner. */
export function command(given: readonly Given[], commandId: string = randomUUID()): readonly BatchVersion[] {
  const commandScope = ownerOf(given[0]?.entityId ?? '')
  return given.map((one, commandSeq) => row({ commandScope, commandId, commandSize: given.length, ...one, commandSeq }))
}

export const batch = (versions: readonly BatchVersion[], rest: Partial<Batch> = {}): Batch => ({ versions, checks: [], keys: [], ...rest })

/** Ticket ids of owners of as many different partitions. */
export function ownersOf(partitionOf: (owner: string) => number, count: number, prefix: string): readonly string[] {
  const found = new Map<number, string>()
  for (let n = 0; found.size < count; n++) {
    const owner = `${prefix}${n}`
    if (!found.has(partitionOf(owner))) found.set(partitionOf(owner), owner)
  }
  return [...found.values()]
}

export const ticketOf = (owner: string, local: string = randomUUID()): EntityId => `ticket:${owner}:${local}`
