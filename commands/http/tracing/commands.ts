// A span for every command of a traced request, from its submission to its answer.
import { SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { outcomeOf } from '../metrics/commands.ts'
import { statusOf } from '../line-answer.ts'
import { failed, type Answer } from '../../submit/answer.ts'
import type { Submission } from '../../submit/parse.ts'
import type { Submitter } from '../../submit/submitter.ts'
import { CommandTrace, versionKey, type TracesOfVersions } from './command-trace.ts'

/** The same submitter, traced. */
export function tracedCommands(submitter: Submitter, tracer: Tracer, traces: TracesOfVersions): Submitter {
  /** Undefined: not traced. */
  function begin(name: string, { envelope }: Submission): CommandTrace | undefined {
    const request = envelope.trace
    if (request === undefined || request.commandsLeft <= 0) return undefined
    request.commandsLeft--
    return new CommandTrace(tracer.startSpan(name, { attributes: { 'strata.command': name } }, request.context), request.context)
  }

  function end(command: CommandTrace, answers: readonly Answer[]): void {
    const { span } = command
    const worst = answers.find((answer) => failed(answer) && answer.problem.code !== 'aborted') ?? answers[0]
    if (worst) {
      span.setAttribute('strata.outcome', outcomeOf(worst))
      if (statusOf(worst) >= 500) span.setAttribute('error.type', outcomeOf(worst)).setStatus({ code: SpanStatusCode.ERROR })
    }
    let versions = 0
    for (const answer of answers) {
      if (failed(answer) || answer.replayed) continue
      for (const version of answer.receipt.versions) {
        if (!('position' in version)) continue
        versions++
        traces.set(versionKey(version), command)
      }
    }
    span.setAttribute('strata.versions', versions)
    span.end()
  }

  return {
    submit(submission) {
      const command = begin(submission.definition.name, submission)
      if (command === undefined) return submitter.submit(submission)
      return submitter.submit({ ...submission, mark: command }).then((answer) => {
        end(command, [answer])
        return answer
      })
    },
    async submitAtomic(submissions) {
      const [first, ...others] = submissions
      const command = first && begin('atomic', first)
      if (first === undefined || command === undefined) return submitter.submitAtomic(submissions)
      const answers = await submitter.submitAtomic([{ ...first, mark: command }, ...others])
      end(command, answers)
      return answers
    },
  }
}
