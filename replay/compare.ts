// Two versions of an entity, or it at two recorded times, in any order and mix: what is different in its state.
import type { EntityId } from '../ledger/entity-id.ts'
import type { Ledger } from '../ledger/index.ts'
import type { Instant } from '../ledger/instant.ts'
import { diff, type Change } from './diff.ts'
import { show } from './show.ts'

/** A version, or a recorded time. */
export type Point = number | Instant

export interface Comparison {
  readonly entityId: EntityId
  /** As asked. */
  readonly from: Point
  readonly to: Point
  /** What that came to. */
  readonly fromVersion: number
  readonly toVersion: number
  readonly changes: readonly Change[]
}

/** Throws NotFound, InTheFuture. */
export async function compare(ledger: Ledger, entityId: EntityId, from: Point, to: Point): Promise<Comparison> {
  const [before, after] = await Promise.all(
    [from, to].map((point) => show(ledger, entityId, typeof point === 'number' ? { version: point } : { asOf: point })),
  )
  if (!before || !after) throw new TypeError('two points were asked')
  return { entityId, from, to, fromVersion: before.version, toVersion: after.version, changes: diff(before.state, after.state) }
}
