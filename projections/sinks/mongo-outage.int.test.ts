// Promises: MongoDB that is killed or away, and a process that dies between any two steps, cost time only. On a server of its own.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { z } from 'zod'
import { ownerOf } from '../../ledger/entity-id.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { mongodb } from '../../scripts/services/mongodb.ts'
import type { Service } from '../../scripts/services/service.ts'
import { amended, appendUnit, opened, submitted } from '../../test/append-unit.ts'
import { testDatabase } from '../../test/database.ts'
import { missing } from '../../test/services/shared.ts'
import { advance } from '../runner/advance.ts'
import { assertWhole, feedOf, inState } from '../runner/projected.testing.ts'
import { projector } from '../runner/projector.ts'
import { defineProjection, type Projection } from '../projection.ts'
import { views } from '../views/index.ts'
import { batchOf, contents, counting, feedInto, version, versions } from './made-up.testing.ts'
import { MAX_DOCUMENT_BYTES } from './mongo/view.ts'
import { mongoSink } from './mongo.ts'
import { postgresSink } from './postgres.ts'
import { Superseded, type Batch, type Place, type Sink, type View, type ViewDocument } from './sink.ts'

let server: Service | undefined
let skip: string | false = false
try {
  server = await mongodb.start()
} catch (error) {
  skip = missing(mongodb.name, error)
}
after(() => server?.[Symbol.asyncDispose]())

const sinkOn = (database: string): Sink => mongoSink({ url: server?.address.replace('/?', `/${database}?`) ?? '' })
const trades = views['trades'] as Projection
const portfolioRisk = views['portfolio_risk'] as Projection
const FAST = { heartbeatMs: 100, leaseMs: 2_000 }

async function write(ledger: Ledger, goesOn: (round: number) => boolean): Promise<void> {
  for (let n = 0; goesOn(n); n++) {
    const trade = `trade:w${n % 7}:T-${n}`
    await appendUnit(ledger, [submitted(trade, { side: n % 2 === 0 ? 'buy' : 'sell' })])
    await appendUnit(ledger, [amended(trade, { price: String(n + 2) }), opened(`ticket:w${n % 7}:K-${n}`)])
    await sleep(1)
  }
}

/** Until it is told to end. */
function writing(ledger: Ledger): { end(): Promise<void> } {
  let goesOn = true
  const work = write(ledger, () => goesOn)
  return {
    end() {
      goesOn = false
      return work
    },
  }
}

/** Tells what was acknowledged. */
function watched(sink: Sink, acknowledged: Map<number, number>): Sink {
  const watch = (view: View): View => ({
    ...view,
    async write(batch) {
      await view.write(batch)
      for (const [partition, { position }] of batch.places)
        acknowledged.set(partition, Math.max(position, acknowledged.get(partition) ?? 0))
    },
  })
  return { ...sink, open: async (projection, slot) => watch(await sink.open(projection, slot)) }
}

test('killed under load, again and again: what was acknowledged is there, and in the end all', { skip, timeout: 200_000 }, async (t) => {
  await using db = await testDatabase()
  await using ledger = await openLedger({ url: db.url })
  await using sink = sinkOn('killed')
  const acknowledged = new Map<number, number>()
  await using one = projector({ ledger, sinks: [watched(sink, acknowledged)], projections: [portfolioRisk], ...FAST })
  const run = { sink: 'mongo', view: portfolioRisk.name }
  const load = writing(ledger)
  let kept = 0
  for (let kill = 0; kill < 3; kill++) {
    const before = (await one.control.status(run)).positions.reduce((sum, position) => sum + position, 0)
    await inState(one, run, ({ positions }) => positions.reduce((sum, position) => sum + position, 0) > before + 50)
    await server?.kill()
    const promised = new Map(acknowledged)
    await server?.start()
    const places = await (await sink.open(portfolioRisk, 'live')).places()
    for (const [partition, position] of promised) {
      kept++
      assert.ok(
        (places.get(partition)?.position ?? 0) >= position,
        `partition ${partition} was at ${position} and is at ${places.get(partition)?.position}`,
      )
    }
  }
  await load.end()
  await assertWhole(ledger, sink, portfolioRisk)
  t.diagnostic(`${kept} places were acknowledged at the kills, all are kept`)
})

test('away, then back: it says so, and catches up', { skip, timeout: 200_000 }, async (t) => {
  await using db = await testDatabase()
  await using ledger = await openLedger({ url: db.url })
  await using sink = sinkOn('away')
  await using other = postgresSink({ url: db.url })
  await using one = projector({ ledger, sinks: [sink, other], projections: [trades], ...FAST })
  const load = writing(ledger)
  const run = { sink: 'mongo', view: trades.name }
  await inState(one, run, ({ positions }) => positions.some((position) => position > 5))
  await server?.stop()
  const stopped = performance.now()
  const { error } = await inState(one, run, ({ state }) => state === 'retrying')
  t.diagnostic(`retrying after ${Math.round(performance.now() - stopped)} ms: ${error}`)
  assert.equal((await one.control.status({ sink: 'postgres', view: trades.name })).state, 'running')
  await load.end()
  await assertWhole(ledger, other, trades)
  await server?.start()
  await inState(one, run, ({ state }) => state === 'running')
  await assertWhole(ledger, sink, trades)
})

test('two that do the same work at once, and die between its steps, make what PostgreSQL has', { skip, timeout: 200_000 }, async () => {
  await using db = await testDatabase()
  await using ledger = await openLedger({ url: db.url })
  await using first = sinkOn('raced')
  await using second = sinkOn('raced')
  await using postgres = postgresSink({ url: db.url })
  await write(ledger, (round) => round < 100)
  const records = await feedOf(ledger)
  const never = () => Promise.resolve(false)
  for (const projection of Object.values(views)) {
    let dies = 0
    await Promise.all(
      [first, second].map(async (sink, n) => {
        const view = dying(await sink.open(projection, 'live'), () => dies++ % (3 + n))
        const size = 17 + 24 * n
        for (let from = 0; from < records.length;) {
          const done = await advance(view, projection, records.slice(from, from + size), never).catch(() => undefined)
          if (done) from += size
        }
      }),
    )
    await advance(await postgres.open(projection, 'live'), projection, records, never)
    assert.deepEqual(
      await contents(await first.open(projection, 'live')),
      await contents(await postgres.open(projection, 'live')),
      projection.name,
    )
  }
})

/** Writes a part, then dies; `step` says how far it comes: 0 documents, 1 memories too, else all. */
function dying(view: View, step: () => number): View {
  return {
    ...view,
    async write(batch) {
      const until = step()
      const nothing: Batch = { documents: batch.documents, memories: new Map(), begins: new Map(), places: new Map() }
      if (until > 1) return view.write(batch)
      await view.write(until === 0 ? nothing : { ...nothing, memories: batch.memories })
      throw new Error('it died')
    },
  }
}

test('a document that MongoDB can not hold stops its partition only, at the version that made it so', { skip }, async () => {
  const growing: Projection = defineProjection<string, { readonly owner: string; readonly text: string }>({
    name: 'growing',
    version: 1,
    summary: 'Grows, for tests',
    kinds: ['trade'],
    key: ({ entityId }) => ownerOf(entityId),
    apply: (document, { entityId, partition, position }) => ({
      owner: ownerOf(entityId),
      // Partition 1's third version is one too many.
      text: (document?.text ?? '') + 'x'.repeat(partition === 1 && position <= 3 ? Math.floor(MAX_DOCUMENT_BYTES / 2.5) : 1),
    }),
    shown: z.object({}),
    filters: ['owner'],
    spreadBy: { member: 'owner', of: (key) => key },
  })
  await using sink = sinkOn('large')
  const view = await sink.open(growing, 'live')
  const places = new Map<number, Place>()
  const stops: unknown[] = []
  for (let tries = 0; tries < 5 && stops.length === 0; tries++) {
    const page = versions(0, 20).filter(({ partition, position }) => position > (places.get(partition)?.position ?? 0))
    const advanced = await advance(view, growing, page, () => Promise.resolve(false))
    for (const [partition, place] of advanced.places) places.set(partition, place)
    stops.push(...advanced.poisoned.map(({ record, message }) => [record.partition, record.position, /more than \d+ bytes/.test(message)]))
  }
  assert.deepEqual(stops, [[1, 3, true]])
  assert.deepEqual([places.get(0)?.position, places.get(1)?.position], [10, 2])
  assert.deepEqual(await view.places(), places)
})

test('a swap that is broken off at any step is ended by whoever opens the view next', { skip }, async () => {
  await using admin = new MongoClient(server?.address ?? '')
  const failFrom = (skip: number | undefined) =>
    admin.db('admin').command({
      configureFailPoint: 'failCommand',
      mode: skip === undefined ? 'off' : { skip },
      data: { failCommands: ['renameCollection', 'update', 'delete'], errorCode: 11_601, appName: 'strata' },
    })
  let broken = 0
  for (let step = 0; step < 5; step++) {
    const projection = counting(`swapped_${step}`)
    const better = counting(projection.name, 2)
    await using sink = sinkOn('swaps')
    await feedInto(await sink.open(projection, 'live'), projection, versions(0, 60))
    await feedInto(await sink.open(better, 'next'), better, versions(0, 40))
    const [live, next] = [await contents(await sink.open(projection, 'live')), await contents(await sink.open(better, 'next'))]
    await failFrom(step)
    await assert.rejects(sink.swap(better), /failCommand/)
    await failFrom(undefined)
    await using successor = sinkOn('swaps')
    const view = await successor.open(better, 'live')
    const isSwapped = (await successor.liveVersion(better)) === 2
    if (isSwapped) broken++
    // The first step is the journal: before it, nothing has happened.
    assert.equal(isSwapped, step > 0)
    assert.deepEqual(await contents(view), isSwapped ? next : live)
    assert.equal((await view.places()).get(0)?.position, isSwapped ? 20 : 30)
    await successor.swap(better)
    const swapped = await successor.open(better, 'live')
    await feedInto(swapped, better, versions(40, 61))
    assert.equal((await swapped.places()).get(0)?.position, 31)
    assert.deepEqual(await contents(swapped), await foldedOn(sink, better, 61))
  }
  assert.equal(broken, 4)
})

/** The same, in one go, on a view of another name. */
async function foldedOn(sink: Sink, projection: Projection, count: number): Promise<readonly unknown[]> {
  const same = { ...projection, name: `${projection.name}_again` }
  const view = await sink.open(same, 'live')
  await feedInto(
    view,
    same,
    Array.from({ length: count }, (_, n) => version(n)),
  )
  return contents(view)
}

test('readers see what was, or what is, while views are swapped under them', { skip }, async () => {
  await using sink = sinkOn('read')
  const projection = counting('read_meanwhile')
  await feedInto(await sink.open(projection, 'live'), projection, versions(0, 40))
  const sum = (documents: readonly ViewDocument[]): number => documents.reduce((so, { document }) => so + Number(document['count']), 0)
  const whole = sum((await (await sink.open(projection, 'live')).read({ filters: {}, limit: 100 })).documents)
  let swapping = true
  let reads = 0
  const readers = [1, 2, 3].map(async () => {
    const view = await sink.open(projection, 'live')
    for (; swapping; reads++) {
      const { documents } = await view.read({ filters: {}, limit: 100 })
      const counted = sum(documents)
      // All of one build, and all of it.
      assert.deepEqual([counted, new Set(documents.map(({ document }) => document['generation'])).size], [whole, 1])
    }
  })
  for (let generation = 2; generation < 12; generation++) {
    const better: Projection = { ...counting(projection.name, generation) }
    const marked: Projection = {
      ...better,
      apply(document, record, before) {
        const counted = better.apply(document, record, before)
        return counted && { ...counted, generation }
      },
    }
    await feedInto(await sink.open(marked, 'next'), marked, versions(0, 40))
    await sink.swap(marked)
  }
  swapping = false
  await Promise.all(readers)
  assert.ok(reads > 20, `${reads} reads`)
})

test('who writes to what is live is held back while the next one catches up, and is told that it was replaced', { skip }, async () => {
  await using sink = sinkOn('held')
  const projection = counting('held_back')
  const before = await sink.open(projection, 'live')
  await feedInto(before, projection, versions(0, 20))
  const late = await batchOf(before, projection, versions(20, 40))
  const better = counting(projection.name, 2)
  const next = await sink.open(better, 'next')
  let ended = false
  let writing: Promise<unknown> | undefined
  await sink.swap(better, async () => {
    writing = before.write(late).then(
      () => assert.fail('it was written'),
      (error: unknown) => error,
    )
    void writing.finally(() => (ended = true))
    await feedInto(next, better, versions(0, 30))
    await sleep(300)
    assert.equal(ended, false)
  })
  assert.ok((await writing) instanceof Superseded)
  const after = await sink.open(better, 'live')
  assert.deepEqual(await contents(after), await foldedOn(sink, better, 30))
  await sink.drop(better, 'live')
  await assert.rejects(after.write(late), Superseded)
  assert.deepEqual(await contents(await sink.open(better, 'live')), [])
})
