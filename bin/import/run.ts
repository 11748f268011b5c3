// Runs an import: rows go to the ledger in the order of the file, many at a time, without waiting for each other's answers; group commit keeps that order within a partition. Every row comes to
// one outcome and is counted once, and nothing is lost in between: what the ledger could not do just now is sent again with the same keys, and a run that was stopped is simply run again.
//
// A row of several commands is one unit: applied or refused whole. It is `replayed` where the ledger had it already, or where it changes nothing, as one without commands does.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Problem } from '../../commands/problem.ts'
import { failed, type Answer, type Receipt } from '../../commands/submit/answer.ts'
import { isProblem, parseLine, type Envelope, type Submission } from '../../commands/submit/parse.ts'
import { submitter } from '../../commands/submit/submitter.ts'
import type { Ledger } from '../../ledger/index.ts'
import { CommandFailed } from '../exit.ts'
import type { ImportLine } from './import-line.ts'

/** Four batches of group commit: while one commits, the next ones gather. */
export const MAX_IN_FLIGHT_ROWS = 2_000
export const MAX_IN_FLIGHT_BYTES = 16 * 1024 * 1024
export const MAX_REJECTS_LISTED = 1_000
/** A database that is away for longer stops the import. */
export const MAX_TRIES = 64
const FIRST_RETRY_AFTER_MS = 25
export const RETRY_AFTER_MS = 1_000
const PROGRESS_INTERVAL_MS = 100

export interface Reject {
  readonly line: number
  readonly reason: string
}

export interface ImportResult {
  readonly rows: number
  readonly applied: number
  readonly replayed: number
  readonly rejected: number
  /** The first MAX_REJECTS_LISTED of them. */
  readonly rejects: readonly Reject[]
  /** Why the import ended before the file did. What is known to be done is counted; the same import run again does the rest. */
  readonly stopped?: string
}

export interface Progress {
  readonly rows: number
  readonly rejected: number
  readonly rowsPerSecond: number
  /** How far the file is read; place and total have the same unit. */
  readonly place: number
  readonly total: number
  readonly secondsLeft: number | undefined
}

export type OnProgress = (progress: Progress) => void
export type OnApplied = (versions: Receipt['versions']) => void

export interface ImportRun {
  readonly ledger: Ledger
  readonly lines: AsyncIterable<ImportLine>
  /** The place of the last row. */
  readonly total: number
  readonly envelope: Envelope
  readonly onProgress?: OnProgress | undefined
  /** Told of the versions that a command has appended, once they are durable. */
  readonly onApplied?: OnApplied | undefined
  /** Aborted: no more rows are sent, those in flight are awaited. */
  readonly signal?: AbortSignal | undefined
}

type Final = 'applied' | 'replayed' | { readonly refused: string }
/** `again`: the ledger could not answer just now. */
type Outcome = Final | { readonly again: string }

const isRefused = (outcome: Outcome): outcome is { readonly refused: string } => typeof outcome === 'object' && 'refused' in outcome
const isAgain = (outcome: Outcome): outcome is { readonly again: string } => typeof outcome === 'object' && 'again' in outcome

interface InFlight {
  readonly row: ImportLine
  outcome: Promise<Outcome>
}

/** Thrown inside, told in the result. */
class Stopped extends Error {}

export async function importLines({ ledger, lines, total, envelope, onProgress, onApplied, signal }: ImportRun): Promise<ImportResult> {
  const counts = { rows: 0, applied: 0, replayed: 0, rejected: 0 }
  const rejects: Reject[] = []
  const window: InFlight[] = []
  const report = reporter(total, onProgress)
  let bytesInFlight = 0

  const send = async (row: ImportLine): Promise<void> => {
    await ledger.commits.room()
    window.push({ row, outcome: outcomeOf(row, ledger, envelope, onApplied) })
    bytesInFlight += row.bytes
  }

  const count = ({ line, place }: ImportLine, outcome: Final): void => {
    counts.rows++
    if (isRefused(outcome)) {
      counts.rejected++
      if (rejects.length < MAX_REJECTS_LISTED) rejects.push({ line, reason: outcome.refused })
    } else counts[outcome]++
    report(place, counts)
  }

  /** Takes the oldest row off, when it has come to its outcome. */
  const settle = async (): Promise<void> => {
    const [oldest] = window
    if (!oldest) return
    const outcome = await final(oldest)
    window.shift()
    bytesInFlight -= oldest.row.bytes
    count(oldest.row, outcome)
  }

  const final = async (oldest: InFlight): Promise<Final> => {
    for (let tries = 1; ; tries++) {
      const outcome = await oldest.outcome
      if (!isAgain(outcome)) return outcome
      if (tries === MAX_TRIES || signal?.aborted) throw new Stopped(outcome.again)
      await Promise.all(window.map(({ outcome: other }) => other))
      await sleep(Math.min(RETRY_AFTER_MS, FIRST_RETRY_AFTER_MS * 2 ** tries), undefined, { signal }).catch(() => {})
      await sendAgain(window, (row) => outcomeOf(row, ledger, envelope, onApplied))
    }
  }

  const run = async (): Promise<void> => {
    try {
      for await (const row of lines) {
        if (signal?.aborted) break
        while (window.length >= MAX_IN_FLIGHT_ROWS || (window.length > 0 && bytesInFlight + row.bytes > MAX_IN_FLIGHT_BYTES)) await settle()
        await send(row)
      }
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      while (window.length > 0) await settle()
      throw new Stopped(error.message)
    }
    while (window.length > 0) await settle()
    if (signal?.aborted) throw new Stopped('interrupted')
  }

  let stopped: string | undefined
  try {
    await run()
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    stopped = error.message
    for (const { row, outcome } of window) {
      const known = await outcome
      if (typeof known === 'string') count(row, known)
    }
  }
  report(stopped === undefined ? total : undefined, counts)
  return { ...counts, rejects, ...(stopped !== undefined && { stopped }) }
}

/** All that is in flight, in order, but what is applied: a refusal may be due to an earlier row that is not there yet. */
async function sendAgain(window: readonly InFlight[], start: (row: ImportLine) => Promise<Outcome>): Promise<void> {
  for (const one of window) {
    const outcome = await one.outcome
    if (typeof outcome === 'object') one.outcome = start(one.row)
  }
}

/** Sends a row's commands before it returns, so that rows are sent in the order of the calls. */
function outcomeOf(
  { commands, refused, bytes }: ImportLine,
  ledger: Ledger,
  envelope: Envelope,
  onApplied: OnApplied = () => {},
): Promise<Outcome> {
  if (refused !== undefined) return Promise.resolve({ refused })
  const submissions: Submission[] = []
  for (const command of commands) {
    const submission = parseLine(command, envelope, Math.ceil(bytes / commands.length))
    if (isProblem(submission)) return Promise.resolve({ refused: sentence(submission) })
    submissions.push(submission)
  }
  const [only] = submissions
  if (!only) return Promise.resolve('replayed')
  let fault: unknown
  const way = submitter(ledger, (error) => (fault = error))
  const answers = submissions.length === 1 ? way.submit(only).then((answer) => [answer]) : way.submitAtomic(submissions)
  return answers.then((all) => {
    for (const answer of all) if (!failed(answer) && !answer.replayed) onApplied(answer.receipt.versions)
    return fault === undefined ? outcomeOfAll(all) : { refused: `internal_error: ${messageOf(fault)}` }
  })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function outcomeOfAll(answers: readonly Answer[]): Outcome {
  const problems = answers.flatMap((answer) => (failed(answer) ? [answer.problem] : []))
  const blamed = problems.find(({ code }) => code !== 'aborted') ?? problems[0]
  if (blamed) return isTemporary(blamed) ? { again: blamed.detail } : { refused: sentence(blamed) }
  return answers.some((answer) => !failed(answer) && !answer.replayed && answer.receipt.versions.length > 0) ? 'applied' : 'replayed'
}

const isTemporary = ({ code }: Problem): boolean => code === 'unavailable' || code === 'overloaded' || code === 'version_conflict'

const sentence = ({ code, detail }: Problem): string => `${code}: ${detail}`

interface Counts {
  readonly rows: number
  readonly rejected: number
}

/** Tells the progress, not too often; of the end always. */
function reporter(total: number, onProgress: OnProgress | undefined): (place: number | undefined, counts: Counts) => void {
  const started = performance.now()
  let told = started
  let place = 0
  return (now, { rows, rejected }) => {
    const at = performance.now()
    const end = now === undefined || now >= total
    place = now ?? place
    if (!onProgress || (!end && at - told < PROGRESS_INTERVAL_MS)) return
    told = at
    const seconds = (at - started) / 1000
    onProgress({
      rows,
      rejected,
      rowsPerSecond: rows / Math.max(seconds, 0.001),
      place,
      total,
      secondsLeft: place === 0 ? undefined : (seconds * Math.max(total - place, 0)) / place,
    })
  }
}
