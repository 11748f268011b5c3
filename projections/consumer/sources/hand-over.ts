// Hands things from who pushes to who pulls, one at a time: who pushes waits until the one before it is done with.

export interface HandOver<Thing> {
  /** Resolves with true when the thing was worked through (the next one was asked for), with false when nobody will. */
  over(thing: Thing): Promise<boolean>
  /** Ends `all` with the error. */
  fail(error: unknown): void
  /** Nobody pulls any more. */
  close(): void
  all(): AsyncGenerator<Thing, void, undefined>
}

export function handOver<Thing>(signal: AbortSignal): HandOver<Thing> {
  const waiting: { readonly thing: Thing; readonly done: (taken: boolean) => void }[] = []
  let wake = Promise.withResolvers<void>()
  let failure: { readonly error: unknown } | undefined
  let isOpen = true
  signal.addEventListener('abort', () => wake.resolve(), { once: true })
  return {
    over: (thing) =>
      new Promise((done) => {
        if (!isOpen) return done(false)
        waiting.push({ thing, done })
        wake.resolve()
      }),
    fail(error) {
      failure ??= { error }
      wake.resolve()
    },
    close() {
      isOpen = false
      for (const { done } of waiting.splice(0)) done(false)
    },
    async *all() {
      while (!signal.aborted) {
        if (failure) throw failure.error
        const next = waiting[0]
        if (next) {
          yield next.thing
          waiting.shift()
          next.done(true)
        } else {
          await wake.promise
          wake = Promise.withResolvers()
        }
      }
    },
  }
}
