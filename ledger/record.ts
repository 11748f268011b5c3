// The version record: what readers, receipts and the feed get, camelCase, in today's shapes. The one place where rows become records.
import { kindNamed } from './entities/index.ts'
import type { EntityId } from './entity-id.ts'
import type { Instant } from './instant.ts'
import type { JsonObject } from './json.ts'
import { upcast } from './upcast.ts'

export interface VersionRecord {
  readonly entityId: EntityId
  readonly kind: string
  readonly version: number
  readonly event: string
  readonly data: JsonObject
  readonly state: JsonObject
  readonly partition: number
  readonly position: number
  readonly commandId: string
  /** The owner whose key commandId is. */
  readonly commandScope: string
  /** Place among the command's versions, from 0. */
  readonly commandSeq: number
  readonly commandSize: number
  readonly actor: string
  readonly correlationId: string
  readonly causationId: string | null
  readonly recordedAt: Instant
  readonly effectiveAt: Instant
  readonly schemaVersion: number
}

/** A record in an answer about now: whether it is the newest. */
export interface CurrentRecord extends VersionRecord {
  readonly latest: boolean
}

export interface VersionRow {
  readonly entity_id: EntityId
  readonly kind: string
  readonly version: number
  readonly latest: boolean
  readonly event: string
  readonly data: JsonObject
  readonly state: JsonObject
  readonly partition: number
  readonly position: number
  readonly command_id: string
  readonly command_scope: string
  readonly command_seq: number
  readonly command_size: number
  readonly actor: string
  readonly correlation_id: string
  readonly causation_id: string | null
  readonly recorded_at: Instant
  readonly effective_at: Instant
  readonly schema_version: number
}

/** The columns of a VersionRow of the table or subquery `v`. */
export const ROW_COLUMNS = `v.entity_id, v.kind, v.version, v.latest, v.event, v.data, v.state, v.partition, v.position, v.command_id, v.command_scope, v.command_seq,
  v.command_size, v.actor, v.correlation_id, v.causation_id, v.recorded_at, v.effective_at, v.schema_version`

export function toRecord(row: VersionRow): VersionRecord {
  const shape = upcast(kindNamed(row.kind), row.schema_version, row)
  return {
    entityId: row.entity_id,
    kind: row.kind,
    version: row.version,
    event: shape.event,
    data: shape.data,
    state: shape.state,
    partition: row.partition,
    position: row.position,
    commandId: row.command_id,
    commandScope: row.command_scope,
    commandSeq: row.command_seq,
    commandSize: row.command_size,
    actor: row.actor,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    recordedAt: row.recorded_at,
    effectiveAt: row.effective_at,
    schemaVersion: shape.schemaVersion,
  }
}

export const toCurrentRecord = (row: VersionRow): CurrentRecord => ({ ...toRecord(row), latest: row.latest })
