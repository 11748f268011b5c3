// A made-up feed, a view that counts it, and what the runner does with the two: for tests of sinks.
import { z } from 'zod'
import { ownerOf } from '../../ledger/entity-id.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { fold, neededFor, type Kept } from '../fold.ts'
import { defineProjection, type Projection } from '../projection.ts'
import { beginsOf, placesAfter } from '../runner/advance.ts'
import type { Batch, View } from './sink.ts'

interface Sum {
  readonly owner: string
  readonly count: number
  readonly last: string
  readonly group: string
}

/** Counts versions per owner and group, remembers each entity's last, and lets a document go when its count is a multiple of 7. */
export const counting = (name: string, version = 1): Projection =>
  defineProjection<string, Sum, { readonly last: string }>({
    name,
    version,
    summary: 'A count, for tests',
    kinds: ['trade'],
    key: ({ entityId, data }) => `${ownerOf(entityId)}:${data['group'] as string}`,
    remember: ({ event }) => ({ last: event }),
    apply(document, { entityId, event, data }, before) {
      const count = (document?.count ?? 0) + 1
      return count % 7 === 0
        ? null
        : { owner: ownerOf(entityId), group: data['group'] as string, count, last: `${before?.last ?? 'none'} ${event}` }
    },
    shown: z.object({}),
    filters: ['owner', 'group'],
    spreadBy: { member: 'owner', of: (key) => key.slice(0, key.indexOf(':')) },
  })

/** When the version at a position was recorded. */
export const at = (position: number): string => `2026-01-02T00:00:00.${String(position).padStart(6, '0')}Z`

/** The nth version of a made-up feed of two partitions. */
export function version(n: number): VersionRecord {
  const partition = n % 2
  const position = Math.floor(n / 2) + 1
  const owner = `o${partition}`
  return {
    entityId: `trade:${owner}:T-${n % 10}`,
    kind: 'trade',
    version: Math.floor(n / 10) + 1,
    event: `E${n}`,
    data: { group: `g${Math.floor(n / 2) % 3}`, 'odd.name': 1, $odd: [null, true, 1.5] },
    state: { owner },
    partition,
    position,
    commandId: String(n),
    commandScope: owner,
    commandSeq: 0,
    commandSize: 1,
    actor: 'test',
    correlationId: String(n),
    causationId: null,
    recordedAt: at(position),
    effectiveAt: at(position),
    schemaVersion: 1,
  }
}

export const versions = (from: number, to: number): readonly VersionRecord[] =>
  Array.from({ length: to - from }, (_, n) => version(from + n))

/** What the runner does: load, fold, write. */
export async function feedInto(view: View, projection: Projection, records: readonly VersionRecord[]): Promise<void> {
  await view.write(await batchOf(view, projection, records))
}

export async function batchOf(view: View, projection: Projection, records: readonly VersionRecord[]): Promise<Batch> {
  const loaded = await view.load(neededFor(projection, records))
  return { ...fold(projection, records, loaded), begins: beginsOf(records), places: placesAfter(records) }
}

export async function contents(view: View): Promise<readonly Kept[]> {
  const kept: Kept[] = []
  for await (const one of view.all()) kept.push(one)
  return kept
}
