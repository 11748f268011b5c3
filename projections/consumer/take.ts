// What a consumer does with a delivery: in one transaction of its own store it keeps what is new, handles what the strategy says, and moves on in the feed. Killed at any point, the same delivery can come again,
// and each version is handled once, as far as the handler writes in that transaction.
import { contiguous, type Ready } from './contiguous.ts'
import { dropStale } from './drop-stale.ts'
import { ForeignVersion } from './failure.ts'
import { keyOf, type VersionRecord } from './record.ts'
import { NO_PROGRESS, type Progress, type Store, type Within } from './store.ts'

export type Strategy = 'drop-stale' | 'contiguous'

export interface Consumer<Transaction> {
  readonly store: Store<Transaction>
  readonly strategy: Strategy
  /** Is given records in the order to handle them in; throws, and nothing has happened. What it does elsewhere than in the transaction may happen again. */
  readonly handle: (records: readonly VersionRecord[], transaction: Transaction) => Promise<void> | void
}

export interface Delivery {
  readonly records: readonly VersionRecord[]
  /** The place after them. */
  readonly place?: { readonly source: string; readonly cursor: string }
}

/** Records of one transaction, as far as they come in one delivery. */
export const MAX_STEP_RECORDS = 1_000

export async function take<Transaction>(consumer: Consumer<Transaction>, { records, place }: Delivery): Promise<void> {
  for (let from = 0, isLast = false; !isLast; from += MAX_STEP_RECORDS) {
    isLast = from + MAX_STEP_RECORDS >= records.length
    const some = { records: unique(records.slice(from, from + MAX_STEP_RECORDS)), ...(isLast && place && { place }) }
    while (await consumer.store.transaction((within) => step(consumer, some, within)));
  }
}

/** Ends what was begun before: only where every version counts. */
export async function takeLeft<Transaction>(consumer: Consumer<Transaction>): Promise<void> {
  if (consumer.strategy !== 'contiguous') return
  for (let records; (records = await consumer.store.left(MAX_STEP_RECORDS)).length > 0;) await take(consumer, { records })
}

/** Whether there is more to do before the place is reached. */
async function step<Transaction>(
  { strategy, handle }: Consumer<Transaction>,
  { records, place }: Delivery,
  within: Within<Transaction>,
): Promise<boolean> {
  const before = await within.progress([...new Set(records.map(({ entityId }) => entityId))])
  const fresh = records.length === 0 ? [] : await within.keep(records)
  const received = counted(before, fresh)
  const ready: Ready =
    strategy === 'contiguous'
      ? await contiguous(records, received, (spans) => within.kept(spans))
      : { records: dropStale(fresh, before), hasMore: false }
  const after = new Map(received)
  for (const { entityId, version } of ready.records) after.set(entityId, { ...(after.get(entityId) ?? NO_PROGRESS), handled: version })
  const changed = [...after].filter(([entityId, progress]) => progress !== before.get(entityId))
  if (changed.length > 0) await within.advance(new Map(changed))
  if (ready.records.length > 0) await handle(ready.records, within.transaction)
  if (place && !ready.hasMore) await within.saveCursor(place.source, place.cursor)
  return ready.hasMore
}

/** A delivery may bring the same twice. */
function unique(records: readonly VersionRecord[]): readonly VersionRecord[] {
  const first = new Map<string, VersionRecord>()
  return records.filter((record) => {
    const key = keyOf(record)
    const before = first.get(key)
    if (before && before.recordedAt !== record.recordedAt) throw new ForeignVersion(key)
    first.set(key, before ?? record)
    return !before
  })
}

function counted(before: ReadonlyMap<string, Progress>, fresh: readonly VersionRecord[]): ReadonlyMap<string, Progress> {
  const progress = new Map(before)
  for (const { entityId, version } of fresh) {
    const { handled, seen, received } = progress.get(entityId) ?? NO_PROGRESS
    progress.set(entityId, { handled, seen: Math.max(seen, version), received: received + 1 })
  }
  return progress
}
