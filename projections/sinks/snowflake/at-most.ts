// Work of this process of which only so much is done at a time; the rest waits, in the order in which it was asked for.

export type AtMost = <Result>(work: () => Promise<Result>) => Promise<Result>

export function atMost(count: number): AtMost {
  const waiting: (() => void)[] = []
  let free = count
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await work()
    } finally {
      // The place goes to the next one at once, so that nobody comes between.
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
