// Promises: an empty ledger gets the sample data, once; a ledger that has anything else in it is left alone. Killed halfway, the next start
// goes on: every command has a key of its own.

import { parseLine, isProblem } from '../commands/submit/parse.ts'
import { failed } from '../commands/submit/answer.ts'
import { submitter } from '../commands/submit/submitter.ts'
import type { Ledger } from '../ledger/index.ts'
import { demoData } from './demo-data.ts'

const ACTOR = 'demo'
const ABOUT_BYTES = 500
const keyOf = (n: number): string => `demo-${n + 1}`

/** The number of commands that were applied just now. */
export async function playDemo(ledger: Ledger): Promise<number> {
  if (!(await isOurs(ledger))) return 0
  const way = submitter(ledger)
  let applied = 0
  for (const [n, line] of demoData.entries()) {
    const submission = parseLine({ ...line, commandId: keyOf(n) }, { actor: ACTOR }, ABOUT_BYTES)
    if (isProblem(submission)) throw new Error(`line ${n + 1} of the sample data: ${submission.detail}`)
    const answer = await way.submit(submission)
    if (failed(answer)) return applied // somebody has been at work on it since: the rest is not for this ledger
    if (!answer.replayed) applied++
  }
  return applied
}

/** Empty, or begun by the sample data. */
async function isOurs({ feed, read }: Ledger): Promise<boolean> {
  if ((await feed.end()).positions.every((position) => position === 0)) return true
  const first = await read.version(demoData[0]?.entityId ?? '', 1)
  return first?.commandId === keyOf(0) && first.actor === ACTOR
}
