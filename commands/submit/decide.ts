// One command, decided on a view of the ledger: key, existence, precondition, domain, in this order; then its versions are staged.
import { ownerOf } from '../../ledger/entity-id.ts'
import { maySee, refusal } from '../../ledger/principal.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import type { Line, View } from '../../ledger/work.ts'
import type { Known, Lookup, NewVersion, Rejection } from '../command.ts'
import { problem, rejected, type Problem } from '../problem.ts'
import { rejections } from '../rejection.ts'
import { done, dryVersion, shownTo, type Answer } from './answer.ts'
import type { Submission } from './parse.ts'

/** Makes the answer when all is durable; `appended` are the versions staged by this command. */
export type LaterAnswer = (appended: readonly VersionRecord[]) => Answer

export type CommandVerdict =
  | { readonly problem: Problem }
  /** `staged`: whether a line was added to the unit. */
  | { readonly staged: boolean; readonly answer: LaterAnswer }

export function decideCommand(view: View, submission: Submission): CommandVerdict {
  const { definition, entityId, commandId, scope, hash, envelope } = submission
  const applied = submission.keyed && !envelope.dryRun ? view.applied(scope, commandId) : undefined
  if (applied) {
    if (applied.hash === hash) return { staged: false, answer: () => done(commandId, applied.records(), true, envelope.principal) }
    return { problem: problem('idempotency_key_reused', `the key ${commandId} was used for another command of ${scope}`, { entityId }) }
  }
  const known = definition.creates ? view.newcomer(entityId) : view.entity(entityId)
  const unmet = precondition(submission, known)
  if (unmet) return { problem: unmet }

  const decision = definition.decide(known.state, { entityId, data: submission.data, effectiveAt: submission.effectiveAt }, ((id) =>
    view.entity(id)) as Lookup)
  if ('reject' in decision) return { problem: rejected(located(decision.reject, submission), entityId) }
  if ('missing' in decision) return { problem: problem('not_found', `there is no ${decision.missing}`, { entityId: decision.missing }) }
  if (decision.append.length === 0) return { staged: false, answer: () => unchanged(submission, known) }
  const forbidden = refusedOthers(submission, decision.append)
  if (forbidden !== undefined) return { problem: problem('forbidden', forbidden) }
  return stage(view, submission, decision.append)
}

/** A rejection that points to where the member stands in what was sent, and tells only what the caller may know. */
function located({ pointer, about, ...rejection }: Rejection, submission: Submission): Rejection {
  const { principal } = submission.envelope
  const hides = about !== undefined && principal !== undefined && !maySee(principal, about)
  const told = hides ? { ...rejection, detail: rejections[rejection.code] } : rejection
  return pointer === undefined ? told : { ...told, pointer: submission.pointer(pointer) }
}

/** What a command does to others is known before it is decided. Should one not say so, it ends here. */
function refusedOthers({ definition, entityId, envelope: { principal } }: Submission, versions: readonly NewVersion[]): string | undefined {
  const owner = ownerOf(entityId)
  if (principal === undefined || definition.paysOthers || versions.every((version) => ownerOf(version.entityId) === owner)) return undefined
  return refusal(principal, { to: 'submit', owner, reachesOthers: true })
}

function precondition({ definition, entityId, expectedVersion }: Submission, { version }: Known): Problem | undefined {
  const there = version > 0
  if (!definition.creates && !there) return problem('not_found', `there is no ${entityId}`, { entityId })
  if (expectedVersion !== undefined && expectedVersion !== version) {
    const detail = `${entityId} is at version ${version}, not ${expectedVersion}`
    return problem('precondition_failed', detail, { entityId, expectedVersion, actualVersion: version })
  }
  return definition.creates && there
    ? problem('already_exists', `${entityId} exists already`, { entityId, actualVersion: version })
    : undefined
}

function unchanged({ commandId, entityId, envelope }: Submission, { version }: Known): Answer {
  const receipt = { commandId, ...(envelope.dryRun && { dryRun: true as const }), versions: [] }
  return { status: 200, receipt, version: envelope.dryRun ? undefined : version, entityId, replayed: false }
}

function stage(view: View, submission: Submission, versions: readonly NewVersion[]): CommandVerdict {
  const { commandId, scope, hash, effectiveAt, entityId, envelope } = submission
  const line: Line = {
    scope,
    commandId,
    hash,
    actor: envelope.actor,
    correlationId: envelope.correlationId ?? commandId,
    causationId: envelope.causationId ?? null,
    effectiveAt,
    versions,
  }
  const staged = view.stage(line)
  if (!envelope.dryRun) return { staged: true, answer: (appended) => done(commandId, appended, false, envelope.principal) }
  const shown = staged.map(dryVersion)
  return {
    staged: true,
    answer: () => ({
      status: 200,
      receipt: { commandId, dryRun: true, versions: shownTo(envelope.principal, shown) },
      version: undefined,
      entityId,
      replayed: false,
    }),
  }
}
