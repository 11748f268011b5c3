// A few at a time: the others wait for their turn, in order; too many, or too long, and they are told so.
import { Overloaded } from '../ledger/failure.ts'

export interface TurnsOptions {
  readonly atATime: number
  /** At most; default: however many. */
  readonly waiting?: number
}

/** Runs the work when it is its turn. Throws Overloaded where too many wait already, or where `signal` comes first; and what the work throws. */
export type InTurn = <Result>(work: () => Promise<Result>, signal?: AbortSignal) => Promise<Result>

export function turns({ atATime, waiting = Infinity }: TurnsOptions): InTurn {
  let running = 0
  const queue = new Set<() => void>()

  function turn(signal?: AbortSignal): Promise<void> {
    if (running < atATime) {
      running++
      return Promise.resolve()
    }
    if (queue.size >= waiting) return Promise.reject(new Overloaded(`${waiting} questions wait already`))
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        queue.delete(begin)
        reject(new Overloaded('other questions take their time, and there was no turn'))
      }
      queue.add(begin)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  return async (work, signal) => {
    await turn(signal)
    try {
      return await work()
    } finally {
      const [next] = queue
      if (next) {
        queue.delete(next)
        next()
      } else running--
    }
  }
}
