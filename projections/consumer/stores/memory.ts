// A consumer's store in the memory of its process: for tests, and for who starts from the beginning each time anyway. One transaction at a time; what one has done is undone if it fails.
import { ForeignVersion } from '../failure.ts'
import { keyOf, type VersionRecord } from '../record.ts'
import { NO_PROGRESS, type Progress, type Span, type Store, type Within } from '../store.ts'

export function memoryStore(): Store<undefined> {
  const records = new Map<string, Map<number, VersionRecord>>()
  const progress = new Map<string, Progress>()
  const cursors = new Map<string, string>()
  let last: Promise<unknown> = Promise.resolve()

  function put<Key, Value>(into: Map<Key, Value>, key: Key, value: Value, undo: (() => void)[]): void {
    const before = into.get(key)
    undo.push(() => void (before === undefined ? into.delete(key) : into.set(key, before)))
    into.set(key, value)
  }

  const within = (undo: (() => void)[]): Within<undefined> => ({
    transaction: undefined,
    progress: async (entityIds) => new Map(entityIds.map((entityId) => [entityId, progress.get(entityId) ?? NO_PROGRESS])),
    keep: async (came) =>
      came.filter((record) => {
        const versions = records.get(record.entityId) ?? new Map<number, VersionRecord>()
        records.set(record.entityId, versions)
        const before = versions.get(record.version)
        if (before && before.recordedAt !== record.recordedAt) throw new ForeignVersion(keyOf(record))
        if (before) return false
        put(versions, record.version, record, undo)
        return true
      }),
    kept: async (spans) => spans.flatMap((span) => versionsIn(span).flatMap((version) => records.get(span.entityId)?.get(version) ?? [])),
    async advance(changed) {
      for (const [entityId, one] of changed) put(progress, entityId, one, undo)
    },
    async saveCursor(source, cursor) {
      put(cursors, source, cursor, undo)
    },
  })

  async function transaction<Result>(work: (within: Within<undefined>) => Promise<Result>): Promise<Result> {
    const undo: (() => void)[] = []
    try {
      return await work(within(undo))
    } catch (error) {
      for (const one of undo.toReversed()) one()
      throw error
    }
  }

  return {
    transaction(work) {
      const next = last.then(() => transaction(work))
      last = next.catch(() => undefined)
      return next
    },
    cursor: async (source) => cursors.get(source),
    async left(limit) {
      const next = [...progress].flatMap(([entityId, { handled }]) => records.get(entityId)?.get(handled + 1) ?? [])
      return next.slice(0, limit)
    },
    async gaps(limit) {
      const gaps: Span[] = []
      for (const entityId of [...progress.keys()].sort()) {
        const { seen, received } = progress.get(entityId) ?? NO_PROGRESS
        if (received < seen) gaps.push(...gapsOf(entityId, [...(records.get(entityId)?.keys() ?? [])]))
        if (gaps.length >= limit) break
      }
      return gaps.slice(0, limit)
    },
  }
}

const versionsIn = ({ from, to }: Span): readonly number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n)

function gapsOf(entityId: string, versions: readonly number[]): readonly Span[] {
  const sorted = [0, ...versions.toSorted((a, b) => a - b)]
  return sorted.flatMap((version, n) => {
    const next = sorted[n + 1]
    return next !== undefined && next > version + 1 ? [{ entityId, from: version + 1, to: next - 1 }] : []
  })
}
