// A batch's rounds: decide on what is known, append; where the ledger turned out not to be as expected, learn exactly what the database named, and decide again.
import { append, AppendRefused, type Appended, type Batch } from './append.ts'
import type { Connection } from './database.ts'
import { draft, toBatch, type Draft, type Facts } from './draft.ts'
import type { EntityId } from './entity-id.ts'
import { VersionConflict } from './failure.ts'
import { absent } from './known.ts'
import { keyText, loadCommands, loadLatest, type CommandKey } from './load.ts'
import { partitionOf } from './partition.ts'
import type { Queued } from './queue.ts'
import type { StateCache } from './state-cache.ts'
import type { Work } from './work.ts'

/** From its second lost round on, a unit is decided under the partitions' locks. */
export const LOST_ROUNDS_BEFORE_LOCK = 2
/** Each tells of something that was not known; more of them than this is a race that is not won here. */
const MAX_REFUSALS = 50

/** A work that waits for its answer. */
export interface Item extends Queued {
  readonly work: Work<unknown>
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
  /** When it came, in milliseconds since the process began. */
  readonly cameAt: number
  /** How often another process was faster. */
  lostRounds: number
}

export interface RoundsContext {
  readonly connection: Connection
  readonly partitions: number
  readonly cache: StateCache
  readonly held: ReadonlySet<number>
  /** Optimistic: from the cache, newcomers and keys taken to be new. Otherwise the partitions are locked, and everything is read. */
  readonly guess: boolean
}

export interface Outcome {
  readonly items: readonly Item[]
  readonly drafted: Draft
  readonly batch: Batch
  /** Undefined: there was nothing to append or to verify. */
  readonly appended: Appended | undefined
  /** Items that go back to the queue: they need more partitions, lost a second time, or stand behind such a one. */
  readonly again: readonly Item[]
  readonly rounds: number
}

const NOTHING: Batch = { versions: [], checks: [], keys: [] }

export async function rounds(context: RoundsContext, all: readonly Item[]): Promise<Outcome> {
  const { connection, partitions, held, guess } = context
  const facts: Facts = { known: new Map(), commands: new Map(), guess, holds: (id) => held.has(partitionOf(id, partitions)) }
  let items = all
  let again: readonly Item[] = []
  await read(context, facts, namedBy(items, guess))
  let refusals = 0
  // Ends: every round but the last learns of an entity or a command, or leaves items out, or was refused.
  for (let round = 1; ; round++) {
    const drafted = draft(
      items.map((item) => item.work),
      facts,
    )
    if (drafted.missingEntities.size > 0 || drafted.missingCommands.size > 0) {
      await read(context, facts, drafted.missingEntities, drafted.missingCommands.values())
      continue
    }
    const stay = setAside(items, drafted, partitions)
    if (stay.leaving.length > 0) {
      items = stay.staying
      again = [...again, ...stay.leaving]
      continue
    }
    const batch = toBatch(drafted.units)
    if (batch.versions.length + batch.checks.length + batch.keys.length === 0)
      return { items, drafted, batch, appended: undefined, again, rounds: round }
    try {
      return { items, drafted, batch, appended: await append(connection, batch, partitions), again, rounds: round }
    } catch (error) {
      if (!(error instanceof AppendRefused) || !guess) throw error
      if (++refusals === MAX_REFUSALS) throw new VersionConflict('no turn against other writers in time; try again')
      await learn(context, facts, items, error)
      const lostTwice = items.some((item) => item.lostRounds >= LOST_ROUNDS_BEFORE_LOCK)
      if (lostTwice) return { items: [], drafted, batch: NOTHING, appended: undefined, again: [...items, ...again], rounds: round }
    }
  }
}

/** The entities to read before anything is decided: not those that the batch itself will probably make. */
function namedBy(items: readonly Item[], guess: boolean): Set<EntityId> {
  const ids = new Set<EntityId>()
  const made = new Set<EntityId>()
  for (const item of items) {
    for (const { id, newcomer } of item.work.entities) {
      if (newcomer && guess) made.add(id)
      else if (!made.has(id)) ids.add(id)
    }
  }
  return ids
}

/** Reads what is not known yet, from the cache where it has it (except under locks, where the truth can be had). */
async function read(
  { connection, partitions, cache }: RoundsContext,
  facts: Facts,
  ids: Iterable<EntityId>,
  keys: Iterable<CommandKey> = [],
): Promise<void> {
  const unknown: EntityId[] = []
  for (const id of ids) {
    if (facts.known.has(id)) continue
    const cached = facts.guess ? cache.get(id) : undefined
    if (cached) facts.known.set(id, cached)
    else unknown.push(id)
  }
  if (unknown.length > 0) {
    for (const { known, bytes } of await loadLatest(connection, unknown, partitions)) {
      facts.known.set(known.entityId, known)
      cache.set(known, bytes)
    }
    for (const id of unknown) if (!facts.known.has(id)) facts.known.set(id, absent(id))
  }
  const wanted = [...keys]
  if (wanted.length > 0) {
    const found = await loadCommands(connection, wanted, partitions)
    for (const key of wanted) facts.commands.set(keyText(key), found.get(keyText(key)) ?? null)
  }
}

/** The database named every key that is there and every expectation that failed: reads exactly these anew. */
async function learn(context: RoundsContext, facts: Facts, items: readonly Item[], refused: AppendRefused): Promise<void> {
  const lost = new Set<number>()
  for (const { unit, entityId, expected } of refused.conflicts) {
    // A newcomer that was there after all was a guess, not a race.
    if (expected !== 0 || facts.known.has(entityId)) lost.add(unit)
    context.cache.forget(entityId)
    facts.known.delete(entityId)
  }
  for (const unit of lost) {
    const item = items[unit]
    if (item) item.lostRounds++
  }
  await read(
    context,
    facts,
    refused.conflicts.map((conflict) => conflict.entityId),
    refused.replays,
  )
}

/** Parts the items that need partitions the batch does not hold, and those behind them in the same partitions, from the others: so that nothing overtakes. */
function setAside(
  items: readonly Item[],
  drafted: Draft,
  partitions: number,
): { readonly staying: readonly Item[]; readonly leaving: readonly Item[] } {
  const closed = new Set<number>()
  const staying: Item[] = []
  const leaving: Item[] = []
  items.forEach((item, n) => {
    const elsewhere = drafted.units[n]?.elsewhere ?? []
    if (elsewhere.length > 0)
      item.partitions = [...new Set([...item.partitions, ...elsewhere.map((id) => partitionOf(id, partitions))])].sort((a, b) => a - b)
    if (elsewhere.length === 0 && !item.partitions.some((partition) => closed.has(partition))) return staying.push(item)
    for (const partition of item.partitions) closed.add(partition)
    return leaving.push(item)
  })
  return { staying, leaving }
}
