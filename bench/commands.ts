// The load: trades of a few dozen owners, submitted and then amended, as they come to the library: parsed.
import { isProblem, parseLine, type Submission } from '../commands/submit/parse.ts'
import { failed, type Answer, type Done } from '../commands/submit/answer.ts'

/** Three for each partition, so that partitions are about equally busy. */
export const OWNERS = 48
const ACTOR = { actor: 'bench' }

export const ownerOf = (run: string, n: number): string => `${run}-o${n % OWNERS}`
export const tradeOf = (run: string, n: number): string => `trade:${ownerOf(run, n)}:T-${n}`

export const submitLine = (run: string, n: number): object => ({
  command: 'SubmitTrade',
  entityId: tradeOf(run, n),
  commandId: `submit-${n}`,
  data: { instrument: 'AAPL', side: 'buy', quantity: '100', price: '187.25', currency: 'USD', strategy: 'momentum', broker: 'XNAS' },
})

export const amendLine = (run: string, n: number, time = 1): object => ({
  command: 'AmendTrade',
  entityId: tradeOf(run, n),
  commandId: `amend-${time}-${n}`,
  data: { price: `${187 + time}.5` },
})

export function parsed(line: object): Submission {
  const submission = parseLine(line, ACTOR, JSON.stringify(line).length)
  if (isProblem(submission)) throw new Error(submission.detail)
  return submission
}

export const parsedAll = (count: number, line: (n: number) => object): readonly Submission[] =>
  Array.from({ length: count }, (_, n) => parsed(line(n)))

/** An answer that must be good. */
export function good(answer: Answer): Done {
  if (failed(answer)) throw new Error(`a command of the bench was refused: ${answer.problem.detail}`)
  return answer
}
