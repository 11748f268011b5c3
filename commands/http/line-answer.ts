// A line of bulk, in and out: bytes become a submission or a problem, and an answer becomes a line of NDJSON.
import { problem } from '../problem.ts'
import { failed, type Answer } from '../submit/answer.ts'
import { isProblem, parseLine, type Envelope, type Submission } from '../submit/parse.ts'
import { parseJson } from './json.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import type { ReadLine } from './line-splitter.ts'
import { problemText, tooLarge } from './problems.ts'

export type AskedLine = { readonly submission: Submission } | Extract<Answer, { readonly problem: unknown }>

export function askedBy({ bytes }: ReadLine, envelope: Envelope): AskedLine {
  if (bytes === undefined) return { problem: tooLarge('a line', MAX_BODY_BYTES) }
  const json = parseJson(bytes)
  if ('problem' in json) return json
  const parsed = parseLine(json.value, envelope, bytes.length)
  return isProblem(parsed) ? { problem: parsed } : { submission: parsed }
}

export const STOPPING: Answer = { problem: problem('unavailable', 'the server is stopping; nothing was done with this line') }

export const statusOf = (answer: Answer): number => (failed(answer) ? answer.problem.status : answer.status)

export function answerText(line: number, answer: Answer, instance: string): string {
  const start = `{"line":${line},"status":${statusOf(answer)}`
  if (failed(answer)) return `${start},"problem":${problemText(answer.problem, `${instance}#${line}`)}}\n`
  return `${start},"receipt":${JSON.stringify(answer.receipt)}${answer.replayed ? ',"replayed":true' : ''}}\n`
}
