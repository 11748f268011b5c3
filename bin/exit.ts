// Promises: the exit codes of the command line, and the error that carries one: a sentence for the user, never a stack trace.

import type { Problem } from '../commands/problem.ts'

export const EXIT = { done: 0, failed: 1, usage: 2, differences: 3, conflict: 4 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The command can not be done. The message is a whole sentence that says what to do, or, where `asIs`, what a program reads. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly exitCode: ExitCode
  readonly asIs: boolean
  constructor(
    message: string,
    { exitCode = EXIT.failed, asIs = false, cause }: { exitCode?: ExitCode; asIs?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.exitCode = exitCode
    this.asIs = asIs
  }
}

const CONFLICTS: readonly number[] = [409, 412]

/** A problem, as HTTP would answer it, as the end of a command; with `json` the whole document. */
export function problemFailure(problem: Problem, json: boolean, exitCode: ExitCode = EXIT.failed): CommandFailed {
  const code = CONFLICTS.includes(problem.status) ? EXIT.conflict : exitCode
  const { retryAfterSeconds: _, ...shown } = problem
  if (json) return new CommandFailed(JSON.stringify(shown), { exitCode: code, asIs: true })
  const rest = (problem.errors ?? []).slice(1).map(({ pointer, detail }) => `\n  ${pointer}: ${detail}`)
  return new CommandFailed(`${problem.detail} (${problem.code})${rest.join('')}`, { exitCode: code })
}
