// Promises: what a run has written need not be loaded again, whoever else works on the same view, and wherever a write has ended; what comes of it is what one fold of the whole feed makes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { VersionRecord } from '../../ledger/record.ts'
import { executions } from '../analytics/executions.ts'
import { tradeResults } from '../analytics/trade-results.ts'
import { fold, type Changed, type Kept } from '../fold.ts'
import type { Projection } from '../projection.ts'
import { contents, counting, versions } from '../sinks/made-up.testing.ts'
import { memorySink } from '../sinks/memory.ts'
import type { Batch, View } from '../sinks/sink.ts'
import { versionsOf } from '../views/given.testing.ts'
import { histories } from '../views/histories.testing.ts'
import { portfolioRisk } from '../views/portfolio-risk.ts'
import { positions } from '../views/positions.ts'
import { placesAfter } from './advance.ts'
import { viewTarget } from './target.ts'
import { MAX_WRITTEN_DOCUMENT_BYTES, written } from './written.ts'

const NOTHING = { documents: new Map(), memories: new Map() }
/** How far a write comes before its process is lost, or its answer; none: it is answered. */
const mishap = fc.constantFrom(
  'none',
  'none',
  'none',
  'half of the documents',
  'documents',
  'half of the memories',
  'all but the places',
  'all but the answer',
)
/** `asks`: for the places, as who is newly given a partition does. */
const step = fc.record({ size: fc.integer({ min: 1, max: 12 }), mishap, asks: fc.boolean() })
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

const half = <Value>(all: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> => new Map([...all].slice(0, Math.ceil(all.size / 2)))
function part({ documents, memories, begins, places }: Batch, how: Step['mishap']): Batch {
  const none = new Map<string, Changed>()
  switch (how) {
    case 'half of the documents':
      return { documents: half(documents), memories: none, begins, places: new Map() }
    case 'documents':
      return { documents, memories: none, begins, places: new Map() }
    case 'half of the memories':
      return { documents, memories: half(memories), begins, places: new Map() }
    case 'all but the places':
      return { documents, memories, begins, places: new Map() }
    default:
      return { documents, memories, begins, places }
  }
}

/** Each goes through the feed in steps of its own, all on the same view; `scheduler` says who comes next. */
async function worked(projection: Projection, feed: readonly VersionRecord[], runs: readonly (readonly Step[])[], scheduler: fc.Scheduler) {
  await using sink = memorySink()
  const view = await sink.open(projection, 'live')
  const loads: number[] = []
  async function work(steps: readonly Step[]): Promise<void> {
    let how: Step['mishap'] = 'none'
    const own: View = {
      ...view,
      async load(needed) {
        await scheduler.schedule(Promise.resolve())
        loads.push(needed.documents.length + needed.memories.length)
        return view.load(needed)
      },
      async write(batch) {
        await scheduler.schedule(Promise.resolve())
        await view.write(part(batch, how))
        if (how !== 'none') throw new Error(how)
      },
    }
    const target = viewTarget(own, projection, () => Promise.resolve(false))
    const places = new Map(await target.places([]))
    for (const { size, mishap: next, asks } of steps) {
      how = next
      if (asks) for (const [partition, place] of await target.places([])) places.set(partition, place)
      const page = feed.filter(({ partition, position }) => position > (places.get(partition)?.position ?? 0)).slice(0, size)
      try {
        for (const [partition, place] of (await target.apply(page)).places) places.set(partition, place)
      } catch (error) {
        assert.equal((error as Error).message, how)
        for (const [partition, place] of await target.places([])) places.set(partition, place)
      }
    }
  }
  await scheduler.waitFor(Promise.all(runs.map(work)))
  const rest = [{ size: feed.length, mishap: 'none' as const, asks: true }]
  await scheduler.waitFor(work(rest))
  return { kept: await contents(view), places: await view.places(), loads }
}

const byKey = (documents: readonly Kept[]): readonly Kept[] =>
  documents.map(({ key, body, partition, position }) => ({ key, body, partition, position })).toSorted((a, b) => (a.key < b.key ? -1 : 1))

const ofTrades = histories.map((events) => versionsOf(events))
const feeds = new Map<Projection, fc.Arbitrary<readonly VersionRecord[]>>([
  ...[portfolioRisk, positions, executions, tradeResults].map((view) => [view, ofTrades] as const),
  [counting('counted'), fc.integer({ min: 1, max: 120 }).map((count) => versions(0, count))],
])

for (const [projection, feed] of feeds)
  test(`${projection.name}: whoever works on it, and however a write ends, the same comes of it`, () =>
    fc.assert(
      fc.asyncProperty(
        feed,
        fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
        fc.scheduler(),
        async (records, runs, scheduler) => {
          const { kept, places } = await worked(projection, records, runs, scheduler)
          assert.deepEqual(byKey(kept), byKey([...fold(projection, records, NOTHING).documents.values()]))
          assert.deepEqual(places, placesAfter(records))
        },
      ),
      { numRuns: 300 },
    ))

test('who works alone loads nothing that it has written', async () => {
  const steps = Array.from({ length: 20 }, () => ({ size: 6, mishap: 'none' as const, asks: false }))
  const [scheduler] = fc.sample(fc.scheduler(), 1) as [fc.Scheduler]
  const { loads } = await worked(counting('alone'), versions(0, 120), [steps], scheduler)
  // Six documents, and of ten entities nothing that begins here.
  assert.equal(
    loads.reduce((sum, count) => sum + count, 0),
    6,
  )
})

test('it is bounded: what was written longest ago goes first, what is too large is not kept, nor is what it has replaced', () => {
  const changes = (key: string, text: string) => ({
    documents: new Map([[key, { key, body: { text }, partition: 0, position: 1, isNew: true }]]),
    memories: new Map(),
  })
  const knows = (one: ReturnType<typeof written>, key: string): boolean =>
    one.among({ documents: [key], memories: [] }).known.documents.has(key)
  const small = written(20_000)
  for (let n = 0; n < 100; n++) small.add(changes(`k${n}`, 'x'.repeat(100)))
  assert.deepEqual([knows(small, 'k99'), knows(small, 'k98'), knows(small, 'k0')], [true, true, false])
  const one = written()
  one.add(changes('k', 'small'))
  assert.ok(knows(one, 'k'))
  one.add(changes('k', 'x'.repeat(MAX_WRITTEN_DOCUMENT_BYTES)))
  assert.ok(!knows(one, 'k'))
})
