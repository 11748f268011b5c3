// Hands commands to the ledger's group commit: each as a unit of its own, or many as one unit. Gives an answer for each, and throws nothing: what goes wrong is a problem.
import { InTheFuture, Overloaded, RuleBroken, Unavailable, VersionConflict } from '../../ledger/failure.ts'
import type { Ledger } from '../../ledger/index.ts'
import { maySeeAll } from '../../ledger/principal.ts'
import type { Verdict, View, Work } from '../../ledger/work.ts'
import { problem, rejected, type Problem } from '../problem.ts'
import { rejections, type RejectionCode } from '../rejection.ts'
import type { Answer } from './answer.ts'
import { decideCommand, type LaterAnswer } from './decide.ts'
import type { Submission } from './parse.ts'
import type { RequestTrace } from './request-trace.ts'

export const RETRY_AFTER_SECONDS = 1
export const MAX_ATOMIC_COMMANDS = 1_000

export interface Submitter {
  submit(submission: Submission): Promise<Answer>
  /** All or none; an answer per command. Where it fails, the one to blame has its own problem, and the others `aborted`. */
  submitAtomic(submissions: readonly Submission[]): Promise<readonly Answer[]>
}

/** Told of a fault of the program itself, and of the trace in which it came. */
export type OnFault = (error: unknown, trace: RequestTrace | undefined) => void

export function submitter(ledger: Ledger, onFault: OnFault = () => {}): Submitter {
  return {
    submit: (submission) =>
      ledger.append(single(submission)).catch((error: unknown) => ({ problem: toProblem(error, onFault, submission) })),
    submitAtomic: (submissions) =>
      ledger
        .append(atomic(submissions))
        .catch((error: unknown) => submissions.map((submission) => ({ problem: toProblem(error, onFault, submission) }))),
  }
}

function named({ entityId, definition, data }: Submission): Work<unknown>['entities'] {
  const entities = [{ id: entityId, newcomer: definition.creates !== undefined }]
  for (const member of definition.alsoNames ?? []) {
    const id = (data as Readonly<Record<string, unknown>>)[member]
    if (typeof id === 'string') entities.push({ id, newcomer: false })
  }
  return entities
}

function single(submission: Submission): Work<Answer> {
  return {
    entities: named(submission),
    bytes: submission.bytes,
    mark: submission.mark,
    decide(view: View): Verdict<Answer> {
      const verdict = decideCommand(view, submission)
      if ('problem' in verdict) return { keep: false, answer: () => verdict }
      return { keep: !submission.envelope.dryRun, answer: (appended) => verdict.answer(appended[0] ?? []) }
    },
  }
}

function atomic(submissions: readonly Submission[]): Work<readonly Answer[]> {
  const dryRun = submissions.some(({ envelope }) => envelope.dryRun)
  return {
    entities: submissions.flatMap(named),
    bytes: submissions.reduce((sum, { bytes }) => sum + bytes, 0),
    mark: submissions[0]?.mark,
    decide(view) {
      const answers: { readonly line: number | undefined; readonly answer: LaterAnswer }[] = []
      let lines = 0
      // All keys before anything is decided: those that were used before are then found in one round.
      if (!dryRun) for (const { keyed, scope, commandId } of submissions) if (keyed) view.applied(scope, commandId)
      for (const [n, submission] of submissions.entries()) {
        const verdict = decideCommand(view, submission)
        if ('problem' in verdict)
          return { keep: false, answer: () => submissions.map((_, other) => (other === n ? verdict : aborted(n + 1))) }
        answers.push({ line: verdict.staged ? lines++ : undefined, answer: verdict.answer })
      }
      return {
        keep: !dryRun,
        answer: (appended) => answers.map(({ line, answer }) => answer(line === undefined ? [] : (appended[line] ?? []))),
      }
    },
  }
}

export const aborted = (line: number): { readonly problem: Problem } => ({
  problem: problem('aborted', `line ${line} failed, so nothing of the request was applied`),
})

/** Rules that the database keeps and a decider can not see exactly: the domain's own "no" all the same. */
const rulesOfTheDomain: Readonly<Record<string, RejectionCode>> = {
  account_limit: 'insufficient_funds',
  account_effective_before_opening: 'effective_before_opening',
}

function toProblem(error: unknown, onFault: OnFault, { entityId, envelope: { principal, trace } }: Submission): Problem {
  if (error instanceof Overloaded) return problem('overloaded', error.message, { retryAfterSeconds: RETRY_AFTER_SECONDS })
  if (error instanceof Unavailable)
    return problem('unavailable', `${error.message}; the same command with the same Idempotency-Key finds out whether it was applied`, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
  if (error instanceof VersionConflict) return problem('version_conflict', error.message, { entityId })
  if (error instanceof InTheFuture) return problem('invalid_request', error.message)
  const code = error instanceof RuleBroken ? rulesOfTheDomain[error.rule] : undefined
  // The row that broke it may be another owner's.
  if (code && error instanceof RuleBroken)
    return rejected({ code, detail: principal === undefined || maySeeAll(principal) ? error.message : rejections[code] }, entityId)
  onFault(error, trace)
  return problem('internal_error', 'the command was not applied; the server has logged why')
}
