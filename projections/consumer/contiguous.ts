// Strategy: every version of an entity is handled, in order: one that comes early is held back until all before it are there. For consumers that act on each transition.
import type { VersionRecord } from './record.ts'
import type { Progress, Span } from './store.ts'

/** Records that were held back and are handled in one step, about. */
export const MAX_RELEASED_RECORDS = 5_000
/** Of one entity asked for at first, and at most: most gaps are small, and what is behind the next one is of no use yet. */
const FIRST_SPAN = 8
const LAST_SPAN = 2_048

export interface Ready {
  /** In the order in which they came; what was held back follows what it waited for. */
  readonly records: readonly VersionRecord[]
  /** More is ready than one step handles. */
  readonly hasMore: boolean
}

type ByVersion = Map<number, VersionRecord>

/** `progress`: with what has just come counted in. */
export async function contiguous(
  came: readonly VersionRecord[],
  progress: ReadonlyMap<string, Progress>,
  kept: (spans: readonly Span[]) => Promise<readonly VersionRecord[]>,
): Promise<Ready> {
  const inHand = byEntity(came)
  const first = new Map([...inHand].map(([entityId, versions]) => [entityId, Math.min(...versions.keys())]))
  const held = new Map<string, ByVersion>()
  const has = (entityId: string, version: number): boolean =>
    (inHand.get(entityId)?.has(version) ?? false) || (held.get(entityId)?.has(version) ?? false)

  // What waits is looked up where something comes that it may have waited for.
  let released = 0
  let spans = [...progress]
    .filter(([entityId, { handled }]) => (first.get(entityId) ?? 0) <= handled + 1)
    .map(([entityId, { handled, seen }]): Span => ({ entityId, from: handled + 1, to: seen }))
  for (let width = FIRST_SPAN; ; width = Math.min(width * 4, LAST_SPAN)) {
    spans = spans.map((span) => ({ ...span, from: endOfRun(span, has) + 1 })).filter(({ from, to }) => from <= to)
    if (spans.length === 0 || released >= MAX_RELEASED_RECORDS) break
    const found = await kept(spans.map((span) => ({ ...span, to: Math.min(span.to, span.from + width - 1) })))
    for (const record of found) versionsOf(held, record.entityId).set(record.version, record)
    released += found.length
    // What has not moved on stands before a gap.
    spans = spans.filter(({ entityId, from }) => held.get(entityId)?.has(from))
  }
  return { records: inOrder(came, held, progress), hasMore: spans.length > 0 }
}

function endOfRun({ entityId, from }: Span, has: (entityId: string, version: number) => boolean): number {
  let end = from - 1
  while (has(entityId, end + 1)) end++
  return end
}

function inOrder(
  came: readonly VersionRecord[],
  waiting: Map<string, ByVersion>,
  progress: ReadonlyMap<string, Progress>,
): readonly VersionRecord[] {
  const ready: VersionRecord[] = []
  const last = new Map([...progress].map(([entityId, { handled }]) => [entityId, handled]))

  const release = (entityId: string): void => {
    const versions = waiting.get(entityId)
    for (let next; (next = versions?.get((last.get(entityId) ?? 0) + 1)); last.set(entityId, next.version)) ready.push(next)
  }

  for (const { entityId, version } of came) waiting.get(entityId)?.delete(version)
  for (const entityId of waiting.keys()) release(entityId)
  for (const record of came) {
    const { entityId, version } = record
    if (version <= (last.get(entityId) ?? 0)) continue
    versionsOf(waiting, entityId).set(version, record)
    release(entityId)
  }
  return ready
}

const versionsOf = (entities: Map<string, ByVersion>, entityId: string): ByVersion => {
  const versions = entities.get(entityId) ?? new Map<number, VersionRecord>()
  entities.set(entityId, versions)
  return versions
}

function byEntity(records: readonly VersionRecord[]): ReadonlyMap<string, ByVersion> {
  const entities = new Map<string, ByVersion>()
  for (const record of records) versionsOf(entities, record.entityId).set(record.version, record)
  return entities
}
