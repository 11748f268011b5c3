// Promises: work beside this thread that goes on until it is told to end: where it fails, it is begun again, after waits that grow.
import { setTimeout as sleep } from 'node:timers/promises'
import { waitMs } from '../projections/runner/run.ts'

export interface Begun {
  /** Tells it to end. */
  end(): void
  /** Once it has: why. */
  readonly ended: Promise<unknown>
}

export interface KeepOptions<Message> {
  readonly onMessage: (message: Message) => void
  /** It ended by itself, and will be begun again. */
  readonly onFailure: (error: unknown) => void
}

/** Disposing of it tells it to end, and waits until it has. */
export function keep<Message>(
  begin: (onMessage: (message: Message) => void) => Begun,
  { onMessage, onFailure }: KeepOptions<Message>,
): AsyncDisposable {
  const ending = new AbortController()
  let begun: Begun | undefined

  async function go(): Promise<void> {
    for (let times = 1; !ending.signal.aborted; times++) {
      begun = begin((message) => {
        times = 0
        onMessage(message)
      })
      const error = await begun.ended
      if (ending.signal.aborted) return
      onFailure(error)
      await sleep(waitMs(times), undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  const kept = go()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      begun?.end()
      await kept
    },
  }
}
