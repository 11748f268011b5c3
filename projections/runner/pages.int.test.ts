// Promises: readers of any speed, who begin anywhere, each get every version once and in order; the feed is read once for all who keep up; and who stands still holds up the others for a moment only.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Feed } from '../../ledger/feed.ts'
import { ForeignPlace } from '../../ledger/feed-place.ts'
import { openLedger } from '../../ledger/index.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { appendUnit, submitted } from '../../test/append-unit.ts'
import { testDatabase } from '../../test/database.ts'
import type { Places } from '../sinks/sink.ts'
import { placesAfter } from './advance.ts'
import { pages, type Reader } from './pages.ts'
import { feedOf } from './projected.testing.ts'

const db = await testDatabase()
const ledger = await openLedger({ url: db.url })
after(async () => {
  await ledger.close()
  await db.drop()
})

const ALL = Array.from({ length: ledger.partitions }, (_, partition) => partition)

let made = 0
async function write(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => appendUnit(ledger, [submitted(`trade:p${++made % 23}:T-${made}`)])))
}

/** The ledger's own feed, and how many versions were read of it. */
function counted(): Feed & { readonly read: Feed['read']; count: number } {
  const own = {
    ...ledger.feed,
    count: 0,
    async read(...asked: Parameters<Feed['read']>) {
      const page = await ledger.feed.read(...asked)
      own.count += page.versions.length
      return page
    },
  }
  return own
}

/** Reads until it has so many, and rests after each page. */
async function readAll(
  reader: Reader,
  {
    upTo,
    restMs,
    from = new Map(),
    partitions = ALL,
  }: { upTo: () => number; restMs: () => number; from?: Places; partitions?: readonly number[] },
): Promise<readonly VersionRecord[]> {
  const seen: VersionRecord[] = []
  for (let places = from; seen.length < upTo();) {
    const { versions } = await reader.read(partitions, places)
    seen.push(...versions)
    places = new Map([...places, ...placesAfter(versions)])
    await sleep(restMs())
  }
  return seen
}

const byPartition = (versions: readonly VersionRecord[]): readonly string[] =>
  ALL.flatMap((partition) =>
    versions.filter((version) => version.partition === partition).map(({ entityId, position }) => `${position} ${entityId}`),
  )

test('readers of different speeds, while it is written to: each gets all of it, in order', async () => {
  await write(300)
  const shared = pages(ledger.feed, 50)
  let writing = true
  const upTo = (): number => (writing ? Infinity : made)
  const reading = Promise.all(
    [0, 1, 5, 30]
      .map((ms) => readAll(shared.reader(), { upTo, restMs: () => Math.random() * ms }))
      .concat(
        // One that has other partitions than the others.
        readAll(shared.reader(), { partitions: ALL.slice(3), upTo: () => (writing ? Infinity : feedLength(3)), restMs: () => 2 }),
      ),
  )
  for (let n = 0; n < 20; n++) {
    await write(40)
    await sleep(10)
  }
  const feed = await feedOf(ledger)
  const feedLength = (first: number): number => feed.filter(({ partition }) => partition >= first).length
  writing = false
  const seen = await reading
  for (const one of seen.slice(0, 4)) assert.deepEqual(byPartition(one), byPartition(feed))
  assert.deepEqual(byPartition(seen[4] ?? []), byPartition(feed.filter(({ partition }) => partition >= 3)))
})

test('from the beginning and at the head, the feed is read once for all', async () => {
  const feed = counted()
  const shared = pages(feed, 50)
  const rest = { restMs: () => 1 }
  const readers = Array.from({ length: 6 }, () => shared.reader())
  const total = made + 200
  const reading = Promise.all(readers.map((reader) => readAll(reader, { upTo: () => total, ...rest })))
  await write(200)
  await reading
  assert.ok(feed.count < 1.2 * total, `${feed.count} versions were read, of ${total}, for six readers`)
})

test('who does not come back is waited for, but not long; and gets all of it when he does', async () => {
  await write(Math.max(0, 5_000 - made))
  const shared = pages(ledger.feed, 50)
  const stuck = shared.reader()
  const first = await stuck.read(ALL, new Map())
  const started = performance.now()
  const other = await readAll(shared.reader(), { upTo: () => made, restMs: () => 0 })
  assert.equal(other.length, made)
  const tookMs = performance.now() - started
  assert.ok(tookMs < 10_000, `${tookMs} ms`)
  const rest = await readAll(stuck, { from: placesAfter(first.versions), upTo: () => made - first.versions.length, restMs: () => 0 })
  assert.deepEqual(byPartition([...first.versions, ...rest]), byPartition(await feedOf(ledger)))
})

test('a place that is not of this ledger is told, and does not trouble those who read on', async () => {
  const shared = pages(ledger.feed, 50)
  const good = shared.reader()
  const page = await good.read(ALL, new Map())
  const places = placesAfter(page.versions)
  const foreign = new Map([...places].map(([partition, place]) => [partition, { ...place, recordedAt: '2026-01-01T00:00:00.000000Z' }]))
  await assert.rejects(shared.reader().read(ALL, foreign), ForeignPlace)
  assert.ok((await good.read(ALL, places)).versions.length > 0)
})

test('at the head, an answer tells all that was committed before it was asked for', async () => {
  const shared = pages(ledger.feed, 50)
  const readers = Array.from({ length: 4 }, () => shared.reader())
  let places: Places = placesAfter(await feedOf(ledger))
  for (let n = 0; n < 50; n++) {
    const empty = readers.slice(1).map((reader) => reader.read(ALL, places))
    await write(1)
    const { versions, caughtUp } = await (readers[0] as Reader).read(ALL, places)
    assert.deepEqual([versions.length, caughtUp], [1, true])
    await Promise.all(empty)
    places = new Map([...places, ...placesAfter(versions)])
  }
})

test('nothing is an answer at the head only: what is read meanwhile of other partitions is passed over', async () => {
  const feed = await feedOf(ledger)
  const last = Math.max(...feed.map(({ partition }) => partition))
  const reader = pages(ledger.feed, 50).reader()
  const { versions } = await reader.read(ALL, new Map())
  assert.ok(versions.every(({ partition }) => partition !== last))
  assert.ok((await reader.read([last], new Map())).versions.length > 0)
})
