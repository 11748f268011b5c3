// Measures of commands: how many came to what, and how long they took, each by its name. What a line of the bulk form that is no command came to counts as the command `unknown`.
import { Counter, Histogram, type Registry } from 'prom-client'
import { failed, type Answer } from '../../submit/answer.ts'
import type { Submission } from '../../submit/parse.ts'
import type { Submitter } from '../../submit/submitter.ts'
import { remembered, SECONDS } from './instruments.ts'

export interface CommandMetrics {
  /** A line of the bulk form that could not be read as a command. */
  readonly onUnreadLine: (answer: Answer) => void
  readonly onCommand: (name: string, answer: Answer, seconds: number) => void
}

export function commandMetrics(registry: Registry): CommandMetrics {
  const registers = [registry]
  const commands = new Counter({
    name: 'strata_commands_total',
    help: "Commands answered, by command and outcome: applied, replayed, unchanged, dry_run, or the problem's code",
    labelNames: ['command', 'outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'strata_command_duration_seconds',
    help: 'From a command to its answer, by command',
    labelNames: ['command'],
    buckets: SECONDS,
    registers,
  })
  const counters = remembered((command = '', outcome = '') => commands.labels(command, outcome))
  const timers = remembered((command = '') => duration.labels(command))
  return {
    onUnreadLine: (answer) => counters('unknown', outcomeOf(answer)).inc(),
    onCommand(name, answer, seconds) {
      counters(name, outcomeOf(answer)).inc()
      timers(name).observe(seconds)
    },
  }
}

export function outcomeOf(answer: Answer): string {
  if (failed(answer)) return answer.problem.code
  if (answer.receipt.dryRun) return 'dry_run'
  if (answer.replayed) return 'replayed'
  return answer.receipt.versions.length === 0 ? 'unchanged' : 'applied'
}

/** The same submitter, counted. */
export function measured(submitter: Submitter, { onCommand }: CommandMetrics): Submitter {
  const count = (submission: Submission, answer: Answer, started: number): void =>
    onCommand(submission.definition.name, answer, (performance.now() - started) / 1000)
  return {
    async submit(submission) {
      const started = performance.now()
      const answer = await submitter.submit(submission)
      count(submission, answer, started)
      return answer
    },
    async submitAtomic(submissions) {
      const started = performance.now()
      const answers = await submitter.submitAtomic(submissions)
      submissions.forEach((submission, n) => {
        const answer = answers[n]
        if (answer) count(submission, answer, started)
      })
      return answers
    },
  }
}
