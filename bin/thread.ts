// Promises: a thread that goes on until it is told to end: where it fails, it is begun again, after waits that grow.
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { waitMs } from '../projections/runner/run.ts'

export interface ThreadOptions<Data, Message> {
  /** Of a module that ends once it gets a message. */
  readonly script: URL
  readonly data: Data
  readonly onMessage: (message: Message) => void
  /** It ended by itself, and will be begun again. */
  readonly onFailure: (error: unknown) => void
}

/** Disposing of it tells the thread to end, and waits until it has. */
export function keepThread<Data, Message>({ script, data, onMessage, onFailure }: ThreadOptions<Data, Message>): AsyncDisposable {
  const ending = new AbortController()
  let thread: Worker | undefined

  async function keep(): Promise<void> {
    for (let times = 1; !ending.signal.aborted; times++) {
      thread = new Worker(script, { workerData: data })
      thread.on('message', (message: Message) => {
        times = 0
        onMessage(message)
      })
      const error = await endOf(thread)
      if (ending.signal.aborted) return
      onFailure(error)
      await sleep(waitMs(times), undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  const kept = keep()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      thread?.postMessage('end')
      await kept
    },
  }
}

const endOf = (thread: Worker): Promise<unknown> =>
  new Promise((ended) => {
    thread.once('error', ended)
    thread.once('exit', (code) => ended(new Error(`the thread ended with ${code}`)))
  })
