// Promises: the queue against a model that is slow and obvious: per partition in order of arrival, no partition in two batches, nothing starves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { partitionQueue, type BatchLimits, type Queued } from './queue.ts'

const PARTITIONS = 6

const item = (serial: number, partitions: readonly number[], bytes = 1): Queued => ({ serial, bytes, partitions })
const limits: BatchLimits = { items: 100, bytes: 1_000, partitions: 2 }
const serials = (items: readonly Queued[]) => items.map(({ serial }) => serial)

test('takes the oldest, up to its limits of items, bytes and partitions', () => {
  const queue = partitionQueue(PARTITIONS)
  for (const [serial, partition] of [0, 1, 0, 2, 1, 3].entries()) queue.add(item(serial, [partition]))
  assert.deepEqual(serials(queue.take(limits)), [0, 1, 2, 4])
  assert.deepEqual(serials(queue.take({ ...limits, items: 1 })), [3])
  assert.deepEqual(serials(queue.take(limits)), [5])
  assert.deepEqual(serials(queue.take(limits)), [])
  assert.equal(queue.length, 0)
  for (const serial of [6, 7, 8]) queue.add(item(serial, [4], 400))
  assert.deepEqual(serials(queue.take(limits)), [6, 7])
  assert.equal(queue.bytes, 400)
  queue.free([4])
  assert.deepEqual(serials(queue.take({ ...limits, bytes: 10 })), [8], 'one that is too large goes alone')
})

test('one with more partitions than a batch may have goes alone, and stops those behind it', () => {
  const queue = partitionQueue(PARTITIONS)
  queue.add(item(0, [0]))
  queue.add(item(1, [0, 1, 2]))
  queue.add(item(2, [2]))
  queue.add(item(3, [3]))
  assert.deepEqual(serials(queue.take(limits)), [0, 3])
  assert.deepEqual(serials(queue.take(limits)), [], 'partition 0 is in flight, and 1 and 2 wait for it')
  queue.free([0, 3])
  assert.deepEqual(serials(queue.take(limits)), [1])
  queue.free([0, 1, 2])
  assert.deepEqual(serials(queue.take(limits)), [2])
})

test('what comes back goes to the place it had', () => {
  const queue = partitionQueue(PARTITIONS)
  for (const serial of [0, 1, 2]) queue.add(item(serial, [0]))
  const [first] = queue.take({ ...limits, items: 1 })
  assert.ok(first)
  first.partitions = [0, 1]
  queue.add(first)
  queue.add(item(3, [1]))
  queue.free([0])
  assert.deepEqual(serials(queue.take(limits)), [0, 1, 2, 3])
})

type Step =
  | { readonly add: readonly number[]; readonly bytes: number }
  | { readonly take: BatchLimits }
  | { readonly finish: number; readonly widen: readonly number[] | undefined }

const partitionSet = fc.uniqueArray(fc.nat(PARTITIONS - 1), { minLength: 1 }).map((set) => set.sort((a, b) => a - b))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: partitionSet, bytes: fc.nat(10) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      take: fc.record({ items: fc.integer({ min: 1, max: 4 }), bytes: fc.nat(20), partitions: fc.integer({ min: 1, max: 3 }) }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ finish: fc.nat(), widen: fc.option(partitionSet, { nil: undefined }) }) },
)

test('any history of arrivals, batches and returns', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = partitionQueue(PARTITIONS)
      const waiting: Queued[] = [] // by serial
      const flights: { readonly items: readonly Queued[]; readonly held: readonly number[] }[] = []
      let serial = 0

      const take = (given: BatchLimits): readonly Queued[] => {
        const taken = queue.take(given)
        if (taken.length === 0) return taken
        const held = [...new Set(taken.flatMap(({ partitions }) => partitions))]
        const busy = new Set(flights.flatMap((flight) => flight.held))
        assert.ok(!held.some((partition) => busy.has(partition)), 'a partition is in two batches')
        assert.ok(taken.length <= given.items)
        assert.ok(
          taken.length === 1 || (held.length <= given.partitions && taken.reduce((sum, { bytes }) => sum + bytes, 0) <= given.bytes),
        )
        for (const one of taken) {
          const overtaken = waiting.find(
            (other) => other.serial < one.serial && other.partitions.some((partition) => one.partitions.includes(partition)),
          )
          assert.equal(overtaken, undefined, `${one.serial} overtook`)
          waiting.splice(waiting.indexOf(one), 1)
        }
        flights.push({ items: taken, held })
        return taken
      }
      const finish = (n: number, widen: readonly number[] | undefined): void => {
        const [flight] = flights.splice(n, 1)
        const back = flight?.items[0]
        if (flight && back && widen) {
          back.partitions = [...new Set([...back.partitions, ...widen])].sort((a, b) => a - b)
          queue.add(back)
          waiting.push(back)
          waiting.sort((a, b) => a.serial - b.serial)
        }
        queue.free(flight?.held ?? [])
      }

      for (const next of steps) {
        if ('add' in next) {
          const one = item(serial++, next.add, next.bytes)
          queue.add(one)
          waiting.push(one)
        } else if ('take' in next) {
          take(next.take)
        } else if (flights.length > 0) {
          finish(next.finish % flights.length, next.widen)
        }
        assert.equal(queue.length, waiting.length)
        assert.equal(
          queue.bytes,
          waiting.reduce((sum, { bytes }) => sum + bytes, 0),
        )
      }

      // Nothing starves: whatever is the oldest of all goes as soon as nothing is in flight, however narrow the limits are.
      while (flights.length > 0) finish(0, undefined)
      while (waiting.length > 0) {
        const [oldest] = waiting
        assert.equal(take({ items: 1, bytes: 0, partitions: 1 })[0], oldest)
        finish(0, undefined)
      }
    }),
    { numRuns: 500 },
  )
})

test('a wide one in an endless flood is taken once those before it are', () => {
  const queue = partitionQueue(PARTITIONS)
  let serial = 0
  const flood = (): void => {
    for (let partition = 0; partition < PARTITIONS; partition++) queue.add(item(serial++, [partition]))
  }
  flood()
  const wide = item(serial++, [0, 1, 2, 3, 4, 5])
  queue.add(wide)
  const flights: (readonly Queued[])[] = []
  for (let round = 0; round < 12; round++) {
    flood()
    const taken = queue.take({ ...limits, items: 1 })
    if (taken.includes(wide)) return
    if (taken.length > 0) flights.push(taken)
    if (flights.length === 3 || taken.length === 0) queue.free(flights.shift()?.flatMap(({ partitions }) => partitions) ?? [])
  }
  assert.fail('it starves')
})
