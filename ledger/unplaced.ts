// A staged version as a record, but for what only the database gives: its place and its recorded time. What a dry run shows, and what an appended record is made of.
import { kindNamed } from './entities/index.ts'
import { kindOf } from './entity-id.ts'
import type { VersionRecord } from './record.ts'
import type { StagedVersion } from './work.ts'

export type UnplacedVersion = Omit<VersionRecord, 'partition' | 'position' | 'recordedAt' | 'effectiveAt'>

export function toUnplaced(staged: StagedVersion, commandSize: number): UnplacedVersion {
  const kind = kindOf(staged.entityId)
  return {
    entityId: staged.entityId,
    kind,
    version: staged.version,
    event: staged.event,
    data: staged.data,
    state: staged.state as VersionRecord['state'],
    commandId: staged.line.commandId,
    commandScope: staged.line.scope,
    commandSeq: staged.seq,
    commandSize,
    actor: staged.line.actor,
    correlationId: staged.line.correlationId,
    causationId: staged.line.causationId,
    schemaVersion: kindNamed(kind)?.schemaVersion ?? 1,
  }
}
