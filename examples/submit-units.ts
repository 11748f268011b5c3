// Hands a file's rows to a ledger: each row's commands as one unit, in the order of the rows, many in flight. Every row comes to one outcome and is counted once. The commands carry keys, so
// the same rows can be handed over again: after a kill, after an outage, or for no reason.
import { type Ledger, migrate, openLedger } from 'strata-ledger'
import { type Answer, failed, isProblem, parseLine, type Problem, submitter } from 'strata-ledger/commands'

/** In the bulk form of POST /v1/commands. */
export interface Command {
  readonly command: string
  readonly entityId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly commandId: string
  readonly expectedVersion: number
  readonly effectiveAt?: string
}

export interface Unit {
  /** Where in the file it comes from. */
  readonly line: number
  readonly commands: readonly Command[]
}

export interface Outcome {
  readonly rows: number
  readonly applied: number
  /** There already, or nothing new. */
  readonly replayed: number
  readonly rejected: number
  readonly rejects: readonly { readonly line: number; readonly reason: string }[]
}

const MAX_IN_FLIGHT = 1_000
const BYTES_A_COMMAND = 1_000
const TRY_AGAIN: readonly string[] = ['unavailable', 'overloaded', 'version_conflict']

/** Opens the ledger of STRATA_DATABASE_URL, made where there is none. */
export async function openByEnvironment(): Promise<Ledger> {
  const url = process.env['STRATA_DATABASE_URL']
  if (!url) throw new Error('set STRATA_DATABASE_URL to the database of the ledger, e.g. postgres://user:password@localhost/strata')
  await migrate(url)
  return openLedger({ url })
}

export async function submitUnits(ledger: Ledger, actor: string, units: AsyncIterable<Unit> | Iterable<Unit>): Promise<Outcome> {
  const way = submitter(ledger, (fault) => console.error(fault))
  const counts = { rows: 0, applied: 0, replayed: 0, rejected: 0 }
  const rejects: { readonly line: number; readonly reason: string }[] = []
  const inFlight: { readonly line: number; readonly answers: Promise<readonly Answer[]> }[] = []

  // what is wrong with a command itself is found before the ledger is asked
  const submit = async ({ commands }: Unit): Promise<readonly Answer[]> => {
    const parsed = commands.map((command) => parseLine(command, { actor }, BYTES_A_COMMAND))
    const wrong = parsed.find(isProblem)
    return wrong ? [{ problem: wrong }] : way.submitAtomic(parsed.flatMap((one) => (isProblem(one) ? [] : [one])))
  }

  const settle = async (): Promise<void> => {
    const oldest = inFlight.shift()
    if (!oldest) return
    const answers = await oldest.answers
    counts.rows++
    const problem = answers.map(problemOf).find((one) => one !== undefined && one.code !== 'aborted')
    if (problem && TRY_AGAIN.includes(problem.code)) throw new Error(`${problem.detail}: run it again, and it goes on`)
    if (problem) rejects.push({ line: oldest.line, reason: `${problem.code}: ${problem.detail}` })
    counts[problem ? 'rejected' : answers.some(isNew) ? 'applied' : 'replayed']++
  }

  for await (const unit of units) {
    await ledger.commits.room()
    inFlight.push({ line: unit.line, answers: submit(unit) })
    if (inFlight.length >= MAX_IN_FLIGHT) await settle()
  }
  while (inFlight.length > 0) await settle()
  return { ...counts, rejects }
}

const problemOf = (answer: Answer): Problem | undefined => (failed(answer) ? answer.problem : undefined)
const isNew = (answer: Answer): boolean => !failed(answer) && !answer.replayed && answer.receipt.versions.length > 0
