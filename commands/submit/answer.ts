// What a command comes to: a receipt, or a problem.
import { placed, type Place } from '../../ledger/appended.ts'
import type { EntityId } from '../../ledger/entity-id.ts'
import type { Instant } from '../../ledger/instant.ts'
import { maySee, maySeeAll, type Principal } from '../../ledger/principal.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import type { StagedVersion } from '../../ledger/work.ts'
import type { Problem } from '../problem.ts'

/** A version as a dry run shows it: without place and recorded time, which it has not got. */
export type DryVersion = Omit<VersionRecord, keyof Place | 'effectiveAt'> & { readonly effectiveAt?: Instant }

/** A version of another owner's entity, for whom that is not to be seen. */
export type HiddenVersion = (Omit<VersionRecord, 'data' | 'state'> | Omit<DryVersion, 'data' | 'state'>) & {
  readonly data?: never
  readonly state?: never
}

export interface Receipt {
  readonly commandId: string
  readonly dryRun?: true
  /** First that of the entity that was named; none where the command changed nothing. */
  readonly versions: readonly (VersionRecord | DryVersion | HiddenVersion)[]
}

export interface Done {
  readonly status: 200 | 201
  readonly receipt: Receipt
  /** Of the entity named first, after the command; undefined on a dry run. */
  readonly version: number | undefined
  readonly entityId: EntityId
  readonly replayed: boolean
}

export type Answer = Done | { readonly problem: Problem }

export const failed = (answer: Answer): answer is { readonly problem: Problem } => 'problem' in answer

/** A command's answer from its versions, the first time and every other time, for whoever asks this time. */
export function done(commandId: string, versions: readonly VersionRecord[], replayed: boolean, principal?: Principal): Done {
  const [first] = versions
  if (!first) throw new Error(`command ${commandId} has no versions`)
  return {
    status: first.version === 1 ? 201 : 200,
    receipt: { commandId, versions: shownTo(principal, versions) },
    version: first.version,
    entityId: first.entityId,
    replayed,
  }
}

/** Data and state of what is not theirs to see are left out. */
export function shownTo<Version extends VersionRecord | DryVersion>(
  principal: Principal | undefined,
  versions: readonly Version[],
): readonly (Version | HiddenVersion)[] {
  if (principal === undefined || maySeeAll(principal)) return versions
  return versions.map((version) => (maySee(principal, version.entityId) ? version : hidden(version)))
}

function hidden(version: VersionRecord | DryVersion): HiddenVersion {
  const { data: _, state: __, ...rest } = version
  return rest
}

const NO_PLACE: Place = { partition: 0, position: 0, recordedAt: '' }

export function dryVersion(staged: StagedVersion): DryVersion {
  const { partition: _, position: __, recordedAt: ___, effectiveAt: ____, ...rest } = placed(staged, NO_PLACE)
  return staged.effectiveAt === undefined ? rest : { ...rest, effectiveAt: staged.effectiveAt }
}
