// Group commit: works arrive one at a time and commit together. While one batch commits, the next one gathers. A few lanes, each with a batch in flight, where there is enough to do for
// several; a partition is in at most one of them. An answer is given after its unit is durable, and only then; a refusal too is about the newest state, since what it looked at is verified in the same way.
// docs/explanation/append-path.md tells why it is built so.
import { toKnown, toRecords } from './appended.ts'
import { onConnection, type Connection, type Database } from './database.ts'
import { isLockTimeout, isTransient, isUnavailable, Overloaded, toFailure, Unavailable, VersionConflict } from './failure.ts'
import { partitionOf } from './partition.ts'
import { partitionQueue, type BatchLimits } from './queue.ts'
import { LOST_ROUNDS_BEFORE_LOCK, rounds, type Item, type Outcome } from './rounds.ts'
import type { StateCache } from './state-cache.ts'
import type { Work } from './work.ts'

export const MAX_QUEUED_WORKS = 20_000
export const MAX_QUEUED_BYTES = 64 * 1024 * 1024
/** Streams fill the queue up to this share of it and wait; the rest is for what comes alone, and would be turned away. */
const STREAMS_SHARE = 0.5
export const MAX_BATCH_WORKS = 500
export const MAX_BATCH_BYTES = 8 * 1024 * 1024
/** A batch is begun beside those in flight for so many works: fewer cost the database less if they wait for the next one, and so do they. */
export const MIN_WORKS_BESIDE = 128
/** Unless they have waited so long: a batch in flight may be held up. */
export const MAX_HOLD_MS = 20
/** How long a process that has lost twice waits for its turn at the partitions. */
export const LOCK_TIMEOUT_MS = 1_000

export interface GroupCommitOptions {
  readonly database: Database
  readonly partitions: number
  readonly lanes: number
  readonly cache: StateCache
  /** Called after each batch that appended something, with the partitions it wrote to. */
  readonly onAppended?: (partitions: readonly number[]) => void
  readonly onBatch?: ((batch: BatchStatistics) => void) | undefined
  /** Called for each attempt at a batch that came to nothing. Its works are tried again, in parts or later, or are told. */
  readonly onFailedBatch?: ((error: unknown) => void) | undefined
}

export interface BatchStatistics {
  readonly works: number
  readonly versions: number
  readonly rounds: number
  readonly locked: boolean
  readonly seconds: number
  /** When it was taken, in milliseconds since the process began. */
  readonly takenAt: number
  /** How long its oldest work had waited by then. */
  readonly waitedSeconds: number
  /** Of the works that it answers, those that have one. */
  readonly marks: () => readonly object[]
}

export interface GroupCommit {
  /** Decides and appends the work's unit, and gives its answer. Throws Overloaded, Unavailable, VersionConflict, RuleBroken, or what the work's own decide threw. */
  run<Answer>(work: Work<Answer>): Promise<Answer>
  /** Resolves when there is room for more: what streams waits here instead of being told Overloaded. */
  room(): Promise<void>
  /** Whether what streams has to wait for room. */
  readonly full: boolean
  readonly queued: number
  readonly queuedBytes: number
  /** How long the oldest of those that wait has waited. */
  readonly oldestSeconds: number
  readonly inFlight: number
  readonly lanes: number
  readonly busyLanes: number
  /** Answers all that was accepted; accepts nothing more. */
  close(): Promise<void>
}

export function groupCommit({ database, partitions, lanes, cache, onAppended, onBatch, onFailedBatch }: GroupCommitOptions): GroupCommit {
  const queue = partitionQueue<Item>(partitions)
  /** The partitions that are free go to the batches that are begun, in equal parts: else one is left with few of them, and many small ones follow. */
  const limits = (batches: number): BatchLimits => ({
    items: MAX_BATCH_WORKS,
    bytes: MAX_BATCH_BYTES,
    partitions: Math.ceil(queue.freePartitions / batches),
  })
  let serial = 0
  let busyLanes = 0
  let working = 0
  let closing = false
  let pumping = false
  let holding: NodeJS.Timeout | undefined
  const idle: (() => void)[] = []
  const waitingForRoom: (() => void)[] = []

  const oldestMs = (): number => (queue.oldest ? performance.now() - queue.oldest.cameAt : 0)

  /** How many batches what waits is worth now. */
  function worth(): number {
    const many = Math.min(lanes - busyLanes, Math.floor(queue.length / MIN_WORKS_BESIDE))
    return many === 0 && (busyLanes === 0 || oldestMs() >= MAX_HOLD_MS) ? 1 : many
  }

  const filled = (share: number): boolean => queue.length >= MAX_QUEUED_WORKS * share || queue.bytes >= MAX_QUEUED_BYTES * share

  function pump(): void {
    pumping = false
    clearTimeout(holding)
    holding = undefined
    while (busyLanes < lanes && queue.length > 0) {
      const batches = worth()
      if (batches === 0) {
        holding = setTimeout(wake, Math.ceil(MAX_HOLD_MS - oldestMs()))
        break
      }
      const items = queue.take(limits(batches))
      if (items.length === 0) break
      busyLanes++
      working += items.length
      void lane(sideBySide(items))
    }
    if (waitingForRoom.length > 0 && !filled(STREAMS_SHARE)) {
      // One at a time: each is in the queue before the next one is let in.
      waitingForRoom.shift()?.()
      setImmediate(pump)
    }
    if (busyLanes === 0 && queue.length === 0) for (const done of idle.splice(0)) done()
  }

  /** Once per turn of the event loop's microtasks: what arrives together starts together. */
  function wake(): void {
    if (pumping) return
    pumping = true
    queueMicrotask(pump)
  }

  async function lane(items: readonly Item[]): Promise<void> {
    const held = new Set(items.flatMap((item) => item.partitions))
    try {
      await commit(items, held)
    } catch (error) {
      rejectAll(items, error)
    } finally {
      working -= items.length
      busyLanes--
      queue.free(held)
      wake()
    }
  }

  function rejectAll(items: readonly Item[], error: unknown): false {
    for (const item of items) item.reject(toFailure(error))
    return false
  }

  /** Works on a batch until each item is answered, or is back in the queue: says whether any is. */
  async function commit(items: readonly Item[], held: ReadonlySet<number>): Promise<boolean> {
    const started = performance.now()
    const locked = items.some((item) => item.lostRounds >= LOST_ROUNDS_BEFORE_LOCK)
    let outcome: Outcome
    try {
      outcome = await onConnection(database, (connection) =>
        locked ? lockedRounds(connection, items, held) : rounds({ connection, partitions, cache, held, guess: true }, items),
      )
    } catch (error) {
      onFailedBatch?.(error)
      if (isLockTimeout(error)) return giveWay(items)
      if (isUnavailable(error)) throw error
      if (isTransient(error)) {
        for (const item of items) {
          item.lostRounds++
          queue.add(item)
        }
        return true
      }
      if (items.length === 1) throw error
      // A unit broke a rule that only the database knew to be broken. A failed unit fails alone: it is found by halving.
      const half = Math.ceil(items.length / 2)
      const first = items.slice(0, half)
      const second = items.slice(half)
      const back = await commit(first, held).catch((failure: unknown) => rejectAll(first, failure))
      // What is behind an item that is back in the queue waits with it.
      if (back) for (const item of second) queue.add(item)
      return back || commit(second, held).catch((failure: unknown) => rejectAll(second, failure))
    }
    settle(outcome)
    onBatch?.({
      works: items.length,
      versions: outcome.batch.versions.length,
      rounds: outcome.rounds,
      locked,
      seconds: (performance.now() - started) / 1000,
      takenAt: started,
      waitedSeconds: (started - items.reduce((oldest, { cameAt }) => Math.min(oldest, cameAt), started)) / 1000,
      marks: () => outcome.items.flatMap(({ work: { mark } }) => mark ?? []),
    })
    return outcome.again.length > 0
  }

  /** No turn in time: those that had lost before are told, the others go back to the queue. */
  function giveWay(items: readonly Item[]): true {
    for (const item of items) {
      if (item.lostRounds >= LOST_ROUNDS_BEFORE_LOCK)
        item.reject(new VersionConflict('other processes kept writing to the same entities; try again'))
      else queue.add(item)
    }
    return true
  }

  /** The same under the partitions' locks, where nobody else can write: the only lock ever held across a round trip. */
  async function lockedRounds(connection: Connection, items: readonly Item[], held: ReadonlySet<number>): Promise<Outcome> {
    try {
      await connection.query(
        `begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local idle_in_transaction_session_timeout = ${LOCK_TIMEOUT_MS}`,
      )
      await connection.query('select ledger.lock($1)', [[...held]])
      const outcome = await rounds({ connection, partitions, cache, held, guess: false }, items)
      await connection.query('commit')
      return outcome
    } catch (error) {
      await connection.query('rollback').catch((cause: unknown) => {
        throw new Unavailable('the connection broke under its locks', { cause })
      })
      throw error
    }
  }

  /** Answers what is durable; puts the rest back where it was. */
  function settle({ items, drafted, batch, appended, again }: Outcome): void {
    for (const item of again) queue.add(item)
    if (appended && batch.versions.length > 0) {
      drafted.appended.push(...toRecords(drafted.units, appended, partitions))
      for (const { known, bytes } of toKnown(drafted.units, drafted.appended, batch)) cache.set(known, bytes)
      onAppended?.([...appended.lastPositions.keys()])
    }
    items.forEach((item, n) => {
      const unit = drafted.units[n]
      if (!unit?.verdict) return item.reject(unit?.failure ?? new Error('a work came to no verdict'))
      try {
        item.resolve(unit.verdict.answer(drafted.appended[n] ?? []))
      } catch (error) {
        item.reject(error)
      }
    })
  }

  return {
    run<Answer>(work: Work<Answer>): Promise<Answer> {
      if (closing) return Promise.reject(new Unavailable('the ledger is closing'))
      if (filled(1)) return Promise.reject(new Overloaded(`${queue.length} commands are waiting already`))
      return new Promise((resolve, reject) => {
        const touched = touchedBy(work.entities, partitions)
        queue.add({
          work,
          serial: serial++,
          cameAt: performance.now(),
          bytes: work.bytes,
          // What names nothing has to wait in some line.
          partitions: touched.length > 0 ? touched : [0],
          lostRounds: 0,
          resolve: resolve as (answer: unknown) => void,
          reject,
        })
        wake()
      })
    },
    room: () =>
      filled(STREAMS_SHARE) || waitingForRoom.length > 0 ? new Promise((resolve) => waitingForRoom.push(resolve)) : Promise.resolve(),
    get full() {
      return filled(STREAMS_SHARE)
    },
    get queued() {
      return queue.length
    },
    get queuedBytes() {
      return queue.bytes
    },
    get oldestSeconds() {
      return oldestMs() / 1000
    },
    get inFlight() {
      return working
    },
    lanes,
    get busyLanes() {
      return busyLanes
    },
    close() {
      closing = true
      return busyLanes === 0 && queue.length === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))
    },
  }
}

/** Partition by partition, where no item has several: their rows stand together in every index, which is a twentieth less work for PostgreSQL. Within a partition the order stays. */
const sideBySide = (items: readonly Item[]): readonly Item[] =>
  items.every(({ partitions }) => partitions.length === 1)
    ? items.toSorted((one, other) => (one.partitions[0] ?? 0) - (other.partitions[0] ?? 0))
    : items

/** Ascending. */
function touchedBy(entities: Work<unknown>['entities'], partitions: number): readonly number[] {
  const [only] = entities
  if (only && entities.length === 1) return [partitionOf(only.id, partitions)]
  return [...new Set(entities.map(({ id }) => partitionOf(id, partitions)))].sort((a, b) => a - b)
}
