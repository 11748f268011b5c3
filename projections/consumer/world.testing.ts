// A ledger's versions as a feed has them, and what a bad way does to their deliveries: shuffles, doubles, drops and delays. All of it follows from a seed.
import type { VersionRecord } from './record.ts'
import type { Span } from './store.ts'

export type Chance = () => number

/** mulberry32: the same seed, the same numbers, from 0 to 1. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface World {
  /** In the order of the feed. */
  readonly feed: readonly VersionRecord[]
  readonly lengths: ReadonlyMap<string, number>
  fetchVersions(span: Span): AsyncGenerator<readonly VersionRecord[], void, undefined>
}

const PAGE_VERSIONS = 100

export function worldOf(versions: number, entities: number, chance: Chance): World {
  const all = Array.from({ length: entities }, (_, n) => ({ entityId: `trade:owner:${n}`, history: [] as VersionRecord[] }))
  const feed = Array.from({ length: versions }, (_, n) => {
    const { entityId, history } = all[Math.floor(chance() * entities)] as (typeof all)[number]
    const record = recordAt(entityId, history.length + 1, n)
    history.push(record)
    return record
  })
  const histories = new Map(all.filter(({ history }) => history.length > 0).map(({ entityId, history }) => [entityId, history]))
  return {
    feed,
    lengths: new Map([...histories].map(([entityId, history]) => [entityId, history.length])),
    async *fetchVersions({ entityId, from, to }) {
      const versionsOf = histories.get(entityId) ?? []
      for (let after = from - 1; after < to; after += PAGE_VERSIONS) yield versionsOf.slice(after, Math.min(to, after + PAGE_VERSIONS))
    },
  }
}

export const recordAt = (entityId: string, version: number, n = version): VersionRecord => ({
  entityId,
  kind: 'trade',
  version,
  event: version === 1 ? 'TradeSubmitted' : 'TradeAmended',
  data: {},
  state: { version },
  partition: 0,
  position: n + 1,
  commandId: `command-${n}`,
  commandScope: 'owner',
  commandSeq: 0,
  commandSize: 1,
  actor: 'test',
  correlationId: `command-${n}`,
  causationId: null,
  recordedAt: new Date(1_700_000_000_000 + n).toISOString().replace('Z', '000Z'),
  effectiveAt: '2026-01-01T00:00:00.000000Z',
  schemaVersion: 1,
})

export interface Way {
  /** Parts of all deliveries, from 0 to 1. */
  readonly doubled: number
  readonly dropped: number
  readonly delayed: number
  /** Deliveries that overtake a delayed one, at most; as many as there are: they are shuffled. */
  readonly delay: number
}

export function deliveriesOf(
  feed: readonly VersionRecord[],
  { doubled, dropped, delayed, delay }: Way,
  chance: Chance,
): readonly VersionRecord[] {
  const timed: { readonly at: number; readonly record: VersionRecord }[] = []
  for (const [n, record] of feed.entries()) {
    const late = (): number => n + (chance() < delayed ? chance() * delay : 0)
    if (chance() >= dropped) timed.push({ at: late(), record })
    if (chance() < doubled) timed.push({ at: late() + chance() * delay, record })
  }
  return timed.toSorted((a, b) => a.at - b.at).map(({ record }) => record)
}

/** What a store should say that it lacks, by entity and version. */
export function gapsIn(came: readonly VersionRecord[]): readonly Span[] {
  const gaps: Span[] = []
  for (const [entityId, records] of [...Map.groupBy(came, (record) => record.entityId)].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const versions = new Set(records.map(({ version }) => version))
    const greatest = records.reduce((most, { version }) => Math.max(most, version), 0)
    for (let version = 1, from = 0; version <= greatest; version++) {
      if (versions.has(version)) from = 0
      else if (from === 0) from = version
      if (from > 0 && versions.has(version + 1)) gaps.push({ entityId, from, to: version })
    }
  }
  return gaps
}
