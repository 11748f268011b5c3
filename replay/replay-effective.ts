// A view of what held at an effective time, owner by owner: a document gathers one owner's versions only, so no more than these are held at a time.
import type { Database } from '../ledger/database.ts'
import type { FeedPlace } from '../ledger/feed-place.ts'
import type { Instant } from '../ledger/instant.ts'
import { ROW_COLUMNS, type VersionRecord, type VersionRow } from '../ledger/record.ts'
import { fold, Poisoned, type Changed } from '../projections/fold.ts'
import type { Projection } from '../projections/projection.ts'
import { BATCH_VERSIONS } from '../projections/runner/pages.ts'
import { effectiveOrder } from './effective-order.ts'
import type { ReplayOptions } from './replay-view.ts'

const OWNERS = `
  select distinct split_part(v.entity_id, ':', 2) as owner from ledger.versions v where v.partition = $1 and v.latest and v.kind = any ($2::text[]) order by 1`
// The ids of a kind and owner are one range of the index: from 'trade:alice:' to 'trade:alice;' (the character after the colon).
const HOLDING = `
  select ${ROW_COLUMNS} from unnest($2::text[]) k(kind)
  cross join lateral (
    select * from ledger.versions v
    where v.partition = $1 and v.entity_id > (k.kind || ':' || $3 || ':') collate "C" and v.entity_id < (k.kind || ':' || $3 || ';') collate "C"
      and v.position <= $4 and v.effective_at <= $5
  ) v
  order by v.entity_id, v.version`

export interface EffectiveOptions extends ReplayOptions {
  readonly effectiveAsOf: Instant
  readonly until: FeedPlace
  readonly skipped: (record: VersionRecord) => Promise<boolean>
}

export async function replayEffective(options: EffectiveOptions): Promise<number> {
  const { ledger, projection, until, signal, into, onProgress = () => undefined } = options
  const total = until.positions.reduce((sum, position) => sum + position, 0)
  let versions = 0
  let before = 0
  for (const [partition, position] of until.positions.entries()) {
    if (position > 0)
      for (const owner of await ownersOf(ledger.database, projection, partition)) {
        signal.throwIfAborted()
        const records = effectiveOrder(await holding(options, partition, owner))
        versions += records.length
        const documents = [...(await documentsOf(options, records))]
        for (let from = 0; from < documents.length; from += BATCH_VERSIONS) {
          const some = new Map(documents.slice(from, from + BATCH_VERSIONS))
          await into.write({ documents: some, memories: new Map(), begins: new Map(), places: new Map() })
        }
        onProgress(before + Math.min(versions, position), total)
      }
    before += position
    onProgress(before, total)
  }
  return versions
}

async function ownersOf(database: Database, { kinds }: Projection, partition: number): Promise<readonly string[]> {
  const { rows } = await database.query<{ owner: string }>(OWNERS, [partition, kinds])
  return rows.map(({ owner }) => owner)
}

async function holding(
  { ledger, projection, until, effectiveAsOf }: EffectiveOptions,
  partition: number,
  owner: string,
): Promise<readonly VersionRow[]> {
  const values = [partition, projection.kinds, owner, until.positions[partition] ?? 0, effectiveAsOf]
  return (await ledger.database.query<VersionRow>(HOLDING, values)).rows
}

/** The versions stand in another order than the feed's: for the fold they are counted anew, and the documents then say the position of the version that came last. */
async function documentsOf(
  { projection, skipped }: EffectiveOptions,
  records: readonly VersionRecord[],
): Promise<ReadonlyMap<string, Changed>> {
  const left = new Set<number>()
  const counted = records.map((record, n) => ({ ...record, position: n + 1 }))
  for (;;) {
    try {
      const { documents } = fold(
        projection,
        counted.filter(({ position }) => !left.has(position)),
        { documents: new Map(), memories: new Map() },
      )
      return new Map([...documents].map(([key, kept]) => [key, { ...kept, position: records[kept.position - 1]?.position ?? 0 }]))
    } catch (error) {
      const record = error instanceof Poisoned ? records[error.record.position - 1] : undefined
      if (!record) throw error
      if (!(await skipped(record))) throw new Poisoned(record, (error as Poisoned).cause)
      left.add((error as Poisoned).record.position)
    }
  }
}
