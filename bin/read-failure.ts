// Promises: what a read throws, as the problem that HTTP would answer. A wrong question is a usage error; a fault stays what it is.

import { problemOf } from '../commands/http/problems.ts'
import { EXIT, problemFailure } from './exit.ts'

const INVALID = 400

export async function reading<Result>(json: boolean, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    let isFault = false
    const problem = problemOf(error, () => (isFault = true))
    throw isFault ? error : problemFailure(problem, json, problem.status === INVALID ? EXIT.usage : EXIT.failed)
  }
}
