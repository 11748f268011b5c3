// A consumer at work: takes what its source delivers, from where its store says that it stands. What can be tried again is, with waits that grow, for as long as it takes.
import { setTimeout as sleep } from 'node:timers/promises'
import { Hopeless } from './failure.ts'
import type { VersionRecord } from './record.ts'
import { take, takeLeft, type Consumer } from './take.ts'

export interface Arrival {
  readonly records: readonly VersionRecord[]
  /** The place after them; undefined where the source itself keeps it. */
  readonly cursor?: string | undefined
  /** Called when all of it is durable. */
  readonly acknowledge?: () => Promise<void>
}

export interface Source {
  /** Under which its cursor is kept. Another choice of what to read is another name, or what lies before the cursor would be missed. */
  readonly name: string
  /** Ends when there is no more to come, or the signal is aborted. */
  read(cursor: string | undefined, signal: AbortSignal): AsyncIterable<Arrival>
}

export interface ConsumeOptions {
  readonly signal?: AbortSignal
  /** It failed, for the nth time in a row, and will be tried again. */
  readonly onTrouble?: (error: unknown, times: number) => void
}

const FIRST_WAIT_MS = 100
export const MAX_WAIT_MS = 30_000

/** Until the source ends or the signal is aborted. Throws what trying again does not help against: Hopeless. */
export async function consume<Transaction>(
  consumer: Consumer<Transaction>,
  source: Source,
  { signal = new AbortController().signal, onTrouble = tell(source) }: ConsumeOptions = {},
): Promise<void> {
  for (let times = 0; !signal.aborted;) {
    try {
      await takeLeft(consumer)
      for await (const { records, cursor, acknowledge } of source.read(await consumer.store.cursor(source.name), signal)) {
        await take(consumer, { records, ...(cursor !== undefined && { place: { source: source.name, cursor } }) })
        await acknowledge?.()
        times = 0
      }
      return
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Hopeless) throw error
      times++
      onTrouble(error, times)
      await sleep(waitMs(times), undefined, { signal }).catch(() => undefined)
    }
  }
}

const tell =
  ({ name }: Source) =>
  (error: unknown, times: number): void =>
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)} (${times} times; it is tried again)`)

/** Twice as long each time, up to a limit, and never quite the same: else all consumers that fail together come back together. */
const waitMs = (times: number): number => Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(times - 1, 20)) * (0.5 + Math.random() / 2)
