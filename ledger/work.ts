// What is handed to group commit: a unit of work that decides, on what is known, what to append. The same work may decide several times, until its unit stands on the newest state; so
// deciding has no side effects.
import type { EntityId } from './entity-id.ts'
import type { Instant } from './instant.ts'
import type { Known, NewVersion } from './known.ts'
import type { JsonObject } from './json.ts'
import type { VersionRecord } from './record.ts'

/** A command's versions, and whose command it is. */
export interface Line {
  readonly scope: string
  readonly commandId: string
  /** SHA-256 in hex of the command as given. */
  readonly hash: string
  readonly actor: string
  readonly correlationId: string
  readonly causationId: string | null
  /** Undefined: when it is recorded. */
  readonly effectiveAt: Instant | undefined
  /** At least one. */
  readonly versions: readonly NewVersion[]
}

/** A version as it will be, without what only the database gives: place and time. */
export interface StagedVersion {
  readonly line: Line
  readonly seq: number
  readonly entityId: EntityId
  readonly version: number
  readonly event: string
  readonly data: JsonObject
  readonly state: object
  readonly effectiveAt: Instant | undefined
}

/** A command that is in the ledger already, or earlier in this batch. */
export interface AppliedCommand {
  readonly hash: string
  /** Its versions; to be called when the work's answer is made, not while it decides. */
  readonly records: () => readonly VersionRecord[]
}

/** What a decision may look at. Everything looked at is verified when the unit is appended. */
export interface View {
  /** The newest state of an entity. */
  entity(id: EntityId): Known
  /** The same, of an entity that is probably not there: taken to be absent, without a read, until the database says otherwise. */
  newcomer(id: EntityId): Known
  /** The command with this key, if it was applied. Ask before anything else. */
  applied(scope: string, commandId: string): AppliedCommand | undefined
  /** Adds a command's versions to the unit; later looks see them. */
  stage(line: Line): readonly StagedVersion[]
}

export interface Verdict<Answer> {
  /** False: what was staged is let go (a refusal, a dry run); only what was looked at is verified. */
  readonly keep: boolean
  /** Makes the answer once all is durable: the versions of each line staged, in order. */
  readonly answer: (appended: readonly (readonly VersionRecord[])[]) => Answer
}

export interface Work<Answer> {
  /** The entities that are named: known before anything is decided; newcomers among them are not read beforehand. */
  readonly entities: readonly { readonly id: EntityId; readonly newcomer: boolean }[]
  /** About the size of the request, to bound queues and batches. */
  readonly bytes: number
  /** What the caller wants to find again in the batch that answered it. Nobody else looks at it. */
  readonly mark?: object | undefined
  readonly decide: (view: View) => Verdict<Answer>
}
