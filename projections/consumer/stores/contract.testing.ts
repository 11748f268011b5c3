// What every store of a consumer promises, tried with deliveries that are shuffled, doubled, dropped and delayed, and a consumer that fails anywhere between two of them: the store ends the same, each
// transition is handled once, and in order.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { consume, type Source } from '../consume.ts'
import { ForeignVersion } from '../failure.ts'
import type { VersionRecord } from '../record.ts'
import { repair } from '../repair.ts'
import type { Store } from '../store.ts'
import { take, type Consumer, type Strategy } from '../take.ts'
import { chanceOf, deliveriesOf, gapsIn, recordAt, worldOf, type Chance, type Way } from '../world.testing.ts'

export interface Tried<Transaction> extends AsyncDisposable {
  readonly store: Store<Transaction>
  /** The effect: a line for each record, with the transaction. */
  write(records: readonly VersionRecord[], transaction: Transaction): Promise<void>
  /** The lines, in the order in which they were written. */
  written(): Promise<readonly Pick<VersionRecord, 'entityId' | 'version'>[]>
}

export interface Contract<Transaction> {
  readonly name: string
  readonly open: () => Promise<Tried<Transaction>>
  readonly versions: number
  readonly skip?: string | false
}

const SHUFFLED: Way = { doubled: 0.2, dropped: 0.02, delayed: 1, delay: Infinity }
const DELAYED: Way = { doubled: 0.2, dropped: 0.02, delayed: 0.1, delay: 2_000 }
const LONG = process.env['STRATA_TEST_LONG'] === '1'
const VERSIONS_AN_ENTITY = 20
const MAX_BATCH = 1_000

export const anySeed = (): number => Number(process.env['STRATA_TEST_SEED'] ?? Math.floor(Math.random() * 1_000_000_000))

class Injected extends Error {}

/** The store of a consumer that dies before it is durable, or after, but before anybody knows. */
const dying = <Transaction>(store: Store<Transaction>, isTime: () => boolean): Store<Transaction> => ({
  ...store,
  async transaction(work) {
    const result = await store.transaction(async (within) => {
      const done = await work(within)
      if (isTime()) throw new Injected()
      return done
    })
    if (isTime()) throw new Injected()
    return result
  },
})

async function takeAll<Transaction>(consumer: Consumer<Transaction>, records: readonly VersionRecord[], chance: Chance): Promise<void> {
  for (let from = 0; from < records.length;) {
    const to = from + 1 + Math.floor(chance() * MAX_BATCH)
    const some = records.slice(from, to)
    const place = { source: 'feed', cursor: String(to) }
    try {
      await take(consumer, { records: some, place })
      assert.equal(await consumer.store.cursor('feed'), String(to))
      from = to
    } catch (error) {
      if (!(error instanceof Injected)) throw error
    }
  }
}

export async function tryDeliveries<Transaction>(
  t: TestContext,
  { open, versions }: Contract<Transaction>,
  strategy: Strategy,
  way: Way,
): Promise<void> {
  const seed = anySeed()
  t.diagnostic(`STRATA_TEST_SEED=${seed}`)
  const chance = chanceOf(seed)
  const world = worldOf(versions, Math.ceil(versions / VERSIONS_AN_ENTITY), chance)
  const came = deliveriesOf(world.feed, { ...way, delay: Math.min(way.delay, versions) }, chance)
  await using tried = await open()
  const consumer: Consumer<Transaction> = {
    strategy,
    store: dying(tried.store, () => chance() < 0.02),
    handle: (records, transaction) => tried.write(records, transaction),
  }
  const started = performance.now()
  await takeAll(consumer, came, chance)
  const seconds = (performance.now() - started) / 1_000
  t.diagnostic(`${came.length} deliveries of ${versions} versions: ${Math.round(came.length / seconds)} a second`)

  // A fresh look with no deaths: what is missing is named, and fetched.
  const calm = { ...consumer, store: tried.store }
  const gaps = gapsIn(came)
  assert.deepEqual(await tried.store.gaps(gaps.length + 1), gaps)
  assert.equal(
    await repair(calm, (span) => world.fetchVersions(span)),
    gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0),
  )
  assert.deepEqual(await tried.store.gaps(1), [])
  const greatest = new Map<string, number>()
  for (const { entityId, version } of came) greatest.set(entityId, Math.max(version, greatest.get(entityId) ?? 0))
  assertOnceAndInOrder(await tried.written(), greatest, strategy)

  // The last versions of an entity leave no gap: the feed, read again, has them.
  for (let from = 0; from < versions; from += MAX_BATCH) await take(calm, { records: world.feed.slice(from, from + MAX_BATCH) })
  assertOnceAndInOrder(await tried.written(), world.lengths, strategy)
  const kept = await tried.store.transaction((within) =>
    within.kept([...world.lengths].map(([entityId, to]) => ({ entityId, from: 1, to }))),
  )
  const byPosition = kept.toSorted((a, b) => a.position - b.position)
  assert.equal(byPosition.length, versions)
  for (const [n, record] of byPosition.entries()) if (record !== world.feed[n]) assert.deepEqual(record, world.feed[n])
}

function assertOnceAndInOrder(
  written: readonly Pick<VersionRecord, 'entityId' | 'version'>[],
  last: ReadonlyMap<string, number>,
  strategy: Strategy,
): void {
  const reached = new Map<string, number>()
  for (const { entityId, version } of written) {
    const before = reached.get(entityId) ?? 0
    if (strategy === 'contiguous') assert.equal(version, before + 1, entityId)
    else assert.ok(version > before, entityId)
    reached.set(entityId, version)
  }
  assert.equal(reached.size, last.size)
  for (const [entityId, version] of last) assert.equal(reached.get(entityId), version, entityId)
}

const contiguousOn = <Transaction>(tried: Tried<Transaction>): Consumer<Transaction> => ({
  strategy: 'contiguous',
  store: tried.store,
  handle: (records, transaction) => tried.write(records, transaction),
})

export function storeContract<Transaction>(contract: Contract<Transaction>): void {
  const { name, open, skip = false } = contract
  const options = { skip }

  const fewer = { ...contract, versions: Math.ceil(contract.versions / (LONG ? 1 : 5)) }
  test(`${name}, contiguous: deliveries that are shuffled, doubled and dropped`, options, (t) =>
    tryDeliveries(t, contract, 'contiguous', SHUFFLED),
  )
  test(`${name}, contiguous: deliveries that are delayed, doubled and dropped`, options, (t) =>
    tryDeliveries(t, fewer, 'contiguous', DELAYED),
  )
  test(`${name}, drop-stale: deliveries that are shuffled, doubled and dropped`, options, (t) =>
    tryDeliveries(t, fewer, 'drop-stale', SHUFFLED),
  )

  test(`${name}: two consumers at once on the same store`, options, async () => {
    const chance = chanceOf(anySeed())
    const world = worldOf(2_000, 20, chance)
    await using tried = await open()
    const consumer = contiguousOn(tried)
    const source = (records: readonly VersionRecord[], own: string): Source => ({
      name: own,
      async *read(cursor = '0') {
        for (let n = Number(cursor); n < records.length; n += 50) yield { records: records.slice(n, n + 50), cursor: String(n + 50) }
      },
    })
    const ways = ['one', 'two'].map((own) =>
      source(deliveriesOf(world.feed, { doubled: 0.1, dropped: 0, delayed: 0.3, delay: 300 }, chance), own),
    )
    await Promise.all(ways.map((way) => consume(consumer, way, { onTrouble: () => undefined })))
    assertOnceAndInOrder(await tried.written(), world.lengths, 'contiguous')
  })

  test(`${name}: a long run that was held back is handled in steps, whole`, options, async () => {
    const history = Array.from({ length: 12_000 }, (_, n) => recordAt('trade:owner:1', n + 1))
    await using tried = await open()
    const consumer = contiguousOn(tried)
    await take(consumer, { records: history.slice(1) })
    assert.deepEqual(await tried.written(), [])
    assert.deepEqual(await tried.store.gaps(10), [{ entityId: 'trade:owner:1', from: 1, to: 1 }])
    // It dies after the first step; what is delivered again goes on there.
    let steps = 0
    const mortal = { ...consumer, store: dying(tried.store, () => ++steps === 2) }
    await assert.rejects(take(mortal, { records: history.slice(0, 1), place: { source: 'feed', cursor: 'end' } }), Injected)
    const { length } = await tried.written()
    assert.ok(length > 0 && length < history.length, String(length))
    assert.equal(await tried.store.cursor('feed'), undefined)
    await take(consumer, { records: history.slice(0, 1), place: { source: 'feed', cursor: 'end' } })
    assertOnceAndInOrder(await tried.written(), new Map([['trade:owner:1', history.length]]), 'contiguous')
    assert.equal(await tried.store.cursor('feed'), 'end')
  })

  test(`${name}: what a consumer left between two steps is handled when it starts, or repairs`, options, async () => {
    const history = Array.from({ length: 12_000 }, (_, n) => recordAt('trade:owner:1', n + 1))
    await using tried = await open()
    const consumer = contiguousOn(tried)
    await take(consumer, { records: history.slice(1) })
    assert.deepEqual(await tried.store.left(10), [])
    let steps = 0
    const fetched = async function* () {
      yield history.slice(0, 1)
    }
    const mortal = { ...consumer, store: dying(tried.store, () => ++steps === 2) }
    await assert.rejects(repair(mortal, fetched), Injected)
    assert.deepEqual(await tried.store.gaps(10), [])
    assert.equal((await tried.store.left(10)).length, 1)
    assert.equal(await repair(consumer, fetched), 0)
    assertOnceAndInOrder(await tried.written(), new Map([['trade:owner:1', history.length]]), 'contiguous')
  })

  test(`${name}: a consumer may become one to which only the newest matters`, options, async () => {
    const history = [1, 2, 3].map((version) => recordAt('trade:owner:1', version))
    await using tried = await open()
    const consumer = contiguousOn(tried)
    await take(consumer, { records: history.slice(1, 2) })
    const other = { ...consumer, strategy: 'drop-stale' } as const
    await take(other, { records: history.slice(0, 1) })
    await repair(other, async function* () {})
    await take(other, { records: history.slice(2) })
    assert.deepEqual(await tried.written(), [{ entityId: 'trade:owner:1', version: 3 }])
  })

  test(`${name}: what is handed over together is handled in the order of the feed`, options, async () => {
    const [a1, a2, b1, b2] = [recordAt('trade:a:1', 1), recordAt('trade:a:1', 2), recordAt('trade:b:1', 1), recordAt('trade:b:1', 2)]
    await using tried = await open()
    const consumer = contiguousOn(tried)
    await take(consumer, { records: [b2] })
    await take(consumer, { records: [a1, b1, a2, a1] })
    const expected = [a1, b1, b2, a2].map(({ entityId, version }) => ({ entityId, version }))
    assert.deepEqual(await tried.written(), expected)
  })

  test(`${name}: another version under a number that is taken is refused, and nothing of its delivery is kept`, options, async () => {
    await using tried = await open()
    const consumer = contiguousOn(tried)
    await take(consumer, { records: [recordAt('trade:a:1', 1)] })
    const other = { ...recordAt('trade:a:1', 1), recordedAt: '2030-01-01T00:00:00.000000Z' }
    await assert.rejects(take(consumer, { records: [recordAt('trade:b:1', 1), other] }), ForeignVersion)
    await assert.rejects(take(consumer, { records: [recordAt('trade:c:1', 1), { ...other, entityId: 'trade:c:1' }] }), ForeignVersion)
    assert.deepEqual(await tried.written(), [{ entityId: 'trade:a:1', version: 1 }])
  })

  test(`${name}: a handler that throws leaves nothing behind`, options, async () => {
    await using tried = await open()
    const consumer: Consumer<Transaction> = {
      strategy: 'contiguous',
      store: tried.store,
      async handle(records, transaction) {
        await tried.write(records, transaction)
        throw new Error('poison')
      },
    }
    const delivery = { records: [recordAt('trade:a:1', 1)], place: { source: 'feed', cursor: '1' } }
    await assert.rejects(take(consumer, delivery), /poison/)
    assert.deepEqual(await tried.written(), [])
    assert.equal(await tried.store.cursor('feed'), undefined)
    await take(contiguousOn(tried), delivery)
    assert.deepEqual(await tried.written(), [{ entityId: 'trade:a:1', version: 1 }])
  })
}
