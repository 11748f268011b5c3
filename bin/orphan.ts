// Promises: to tell when npm, which started this process, is gone. Told to end by a signal, npm ends the shell between the two, and the process
// itself would run on, seen by nobody.

const LOOK_EVERY_MS = 500

export function whenOrphaned(then: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    then()
  }, LOOK_EVERY_MS)
  look.unref()
}
