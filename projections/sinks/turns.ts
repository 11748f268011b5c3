// So many at a time, the others wait in the order in which they came.

export type TakeTurns = <Result>(work: () => Promise<Result>) => Promise<Result>

export function turns(atATime: number): TakeTurns {
  const waiting: (() => void)[] = []
  let free = atATime
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
