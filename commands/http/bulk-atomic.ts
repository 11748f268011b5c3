// A bulk request that is one unit: all of its lines are read, then they are applied together or not at all. So there is a limit to them.
import type { Answer } from '../submit/answer.ts'
import { failed } from '../submit/answer.ts'
import type { Problem } from '../problem.ts'
import { problem } from '../problem.ts'
import type { Envelope, Submission } from '../submit/parse.ts'
import { aborted, MAX_ATOMIC_COMMANDS, type Submitter } from '../submit/submitter.ts'
import { MAX_ATOMIC_BYTES } from './limits.ts'
import { askedBy, statusOf, type AskedLine } from './line-answer.ts'
import { lineSplitter, type ReadLine } from './line-splitter.ts'
import { tooLarge } from './problems.ts'

export interface AtomicAnswer {
  /** Of the line to blame, or 200. */
  readonly status: number
  readonly blamed: Problem | undefined
  readonly answers: readonly { readonly line: number; readonly answer: Answer }[]
}

/** The lines, or the problem with all of them. */
export async function readAtomic(input: AsyncIterable<Buffer>): Promise<readonly ReadLine[] | Problem> {
  const splitter = lineSplitter()
  const lines: ReadLine[] = []
  let bytes = 0
  for await (const chunk of input) {
    bytes += chunk.length
    if (bytes > MAX_ATOMIC_BYTES) return tooLarge('an atomic request', MAX_ATOMIC_BYTES)
    lines.push(...splitter.push(chunk))
    if (lines.length > MAX_ATOMIC_COMMANDS) return TOO_MANY
  }
  lines.push(...splitter.end())
  return lines.length > MAX_ATOMIC_COMMANDS ? TOO_MANY : lines
}

const TOO_MANY = problem('payload_too_large', `an atomic request may have ${MAX_ATOMIC_COMMANDS} lines at most`)

export async function submitAtomic(submitter: Submitter, lines: readonly ReadLine[], envelope: Envelope): Promise<AtomicAnswer> {
  const asked = lines.map((line) => askedBy(line, envelope))
  const answers = await answersTo(submitter, lines, asked)
  const blamed = answers.find((answer) => failed(answer) && answer.problem.code !== 'aborted')
  return {
    status: blamed ? statusOf(blamed) : 200,
    blamed: blamed && failed(blamed) ? blamed.problem : undefined,
    answers: answers.map((answer, n) => ({ line: lines[n]?.number ?? 0, answer })),
  }
}

async function answersTo(submitter: Submitter, lines: readonly ReadLine[], asked: readonly AskedLine[]): Promise<readonly Answer[]> {
  const wrong = asked.findIndex((line) => 'problem' in line)
  if (wrong >= 0) {
    const blamed = lines[wrong]?.number ?? 0
    return asked.map((line, n) => (n === wrong && 'problem' in line ? line : aborted(blamed)))
  }
  const submissions: Submission[] = []
  for (const line of asked) if ('submission' in line) submissions.push(line.submission)
  return submissions.length === 0 ? [] : submitter.submitAtomic(submissions)
}
