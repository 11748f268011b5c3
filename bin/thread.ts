// Promises: a thread that goes on until it is told to end, and is begun again where it fails.
import { Worker } from 'node:worker_threads'
import { keep, type Begun, type KeepOptions } from './keep.ts'

export interface ThreadOptions<Data, Message> extends KeepOptions<Message> {
  /** Of a module that ends once it gets a message. */
  readonly script: URL
  readonly data: Data
}

export const keepThread = <Data, Message>({ script, data, ...options }: ThreadOptions<Data, Message>): AsyncDisposable =>
  keep<Message>((onMessage) => {
    const thread = new Worker(script, { workerData: data })
    thread.on('message', onMessage)
    return { end: () => thread.postMessage('end'), ended: endOf(thread) } satisfies Begun
  }, options)

const endOf = (thread: Worker): Promise<unknown> =>
  new Promise((ended) => {
    thread.once('error', ended)
    thread.once('exit', (code) => ended(new Error(`the thread ended with ${code}`)))
  })
