// What decisions are made on, and what they come to: an entity as it is known, and a version that shall follow.
import type { EntityId } from './entity-id.ts'
import type { Instant } from './instant.ts'
import type { JsonObject } from './json.ts'

/** An entity as a decision sees it: version 0 and no state where there is none yet. */
export interface Known<State extends object = object> {
  readonly entityId: EntityId
  readonly version: number
  readonly state: State | undefined
  /** Effective time of version 1; undefined where there is none yet. */
  readonly effectiveFrom: Instant | undefined
}

/** One version to be appended. Several for the same entity follow each other. */
export interface NewVersion {
  readonly entityId: EntityId
  readonly event: string
  readonly data: JsonObject
  /** When this one version holds, where that differs from the command's own time. */
  readonly effectiveAt?: Instant
}

export const absent = (entityId: EntityId): Known => ({ entityId, version: 0, state: undefined, effectiveFrom: undefined })
