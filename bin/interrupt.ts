// Promises: a command that is told to end (Ctrl-C, SIGTERM, a closed terminal, a reader of its output that has gone) cleans up first and then
// ends with the code a shell expects; told a second time, it ends at once.

import { constants } from 'node:os'
import { whenOrphaned } from './orphan.ts'

/** Not an error: somebody wants the command to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly exitCode: number
  constructor(exitCode: number) {
    super('interrupted')
    this.exitCode = exitCode
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const SIGNAL_EXIT = 128

let wish: AbortSignal | undefined

/** Aborted when the command is to end; the reason is Interrupted, or what went wrong beside the command's own work. */
export function interruption(): AbortSignal {
  if (wish) return wish
  const controller = new AbortController()
  const end = (exitCode: number): void => {
    if (controller.signal.aborted) process.exit(exitCode)
    controller.abort(new Interrupted(exitCode))
  }
  for (const name of SIGNALS) process.on(name, () => end(SIGNAL_EXIT + constants.signals[name]))
  // A fault that nobody waits for ends the command too; after its end, it is only what was left behind, whose database was taken away.
  for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, (fault: unknown) => controller.abort(fault))
  process.stdout.on('error', () => controller.signal.aborted || end(0))
  whenOrphaned(() => end(SIGNAL_EXIT + constants.signals.SIGTERM))
  wish = controller.signal
  return wish
}

/** The work's result, or Interrupted as soon as that comes first; the work itself is then left behind, to be cut off by what is closed around it. */
export async function untilInterrupted<Result>(work: Promise<Result>): Promise<Result> {
  const signal = interruption()
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
    promise.catch(() => undefined)
    work.catch(() => undefined)
  }
}
