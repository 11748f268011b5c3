// Promises: a process that goes on until it is told to end, and is begun again where it fails. It ends with this one, however that ends.
import { fork, type ChildProcess, type Serializable } from 'node:child_process'
import { keep, type Begun, type KeepOptions } from './keep.ts'

export interface ChildOptions<Data, Message> extends KeepOptions<Message> {
  /** Of a module that calls `asChild`. */
  readonly script: URL
  readonly data: Data
}

/** Told to end, it has so long to do it. */
export const CHILD_ENDS_WITHIN_MS = 20_000

export const keepChild = <Data extends Serializable, Message>({ script, data, ...options }: ChildOptions<Data, Message>): AsyncDisposable =>
  keep<Message>((onMessage) => {
    const child = fork(script, { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    child.on('message', (message) => onMessage(message as Message))
    // Where it is gone already, it has ended.
    child.send({ begin: data } satisfies Say<Data>, () => undefined)
    return { end: () => tellToEnd(child), ended: endOf(child) } satisfies Begun
  }, options)

type Say<Data> = { readonly begin: Data } | 'end'

function tellToEnd(child: ChildProcess): void {
  child.send('end' satisfies Say<never>, () => undefined)
  if (child.exitCode !== null || child.signalCode !== null) return
  const forced = setTimeout(() => child.kill('SIGKILL'), CHILD_ENDS_WITHIN_MS)
  child.once('exit', () => clearTimeout(forced))
}

const endOf = (child: ChildProcess): Promise<unknown> =>
  new Promise((ended) => {
    child.once('error', ended)
    child.once('exit', (code, signal) => ended(new Error(`the process ended with ${code ?? signal}`)))
  })

/** In the child: works until `ended`, then the process ends. A terminal's Ctrl-C is for the parent, which says when. */
export async function asChild<Data, Message>(
  work: (data: Data, tell: (message: Message) => void, ended: Promise<void>) => Promise<void>,
): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const begun = Promise.withResolvers<Data>()
  const ended = Promise.withResolvers<void>()
  process.on('message', (said: Say<Data>) => (said === 'end' ? ended.resolve() : begun.resolve(said.begin)))
  process.once('disconnect', () => {
    ended.resolve()
    // Nobody is left who would kill it where it does not end.
    setTimeout(() => process.exit(1), CHILD_ENDS_WITHIN_MS).unref()
  })
  const tell = (message: Message): void => {
    // Who is gone is told nothing.
    if (process.connected) process.send?.(message, () => undefined)
  }
  const data = await Promise.race([begun.promise, ended.promise])
  if (data !== undefined) await work(data, tell, ended.promise)
  process.exit()
}
