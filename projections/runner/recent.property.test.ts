// Promises: what is kept of a feed is what was read of it, without a gap, from wherever one stands in it; and what readers still need is not let go.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { versions as madeUp } from '../sinks/made-up.testing.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import type { Place, Places } from '../sinks/sink.ts'
import { recent, type Positions } from './recent.ts'

/** Of two partitions, by partition: positions 1, 2, … */
const FEED = [0, 1].map((partition) => madeUp(0, 120).filter((version) => version.partition === partition))
const PARTITIONS = [0, 1]

const placeAt = (partition: number, position: number): Place | undefined => FEED[partition]?.[position - 1]
const placesAt = (positions: readonly number[]): Places =>
  new Map(positions.flatMap((position, partition) => [[partition, placeAt(partition, position)] as const]).filter(isThere))
const isThere = (entry: readonly [number, Place | undefined]): entry is readonly [number, Place] => entry[1] !== undefined
const between = (partition: number, after: number, upTo: number): readonly VersionRecord[] => (FEED[partition] ?? []).slice(after, upTo)
const numbersOf = (versions: readonly VersionRecord[]): readonly string[] =>
  versions.map(({ partition, position }) => `${partition} ${position}`)

const step = fc.oneof(
  fc.record({ do: fc.constant('read on' as const), counts: fc.tuple(fc.nat(20), fc.nat(20)) }),
  fc.record({
    do: fc.constant('read elsewhere' as const),
    from: fc.tuple(fc.nat(60), fc.nat(60)),
    counts: fc.tuple(fc.nat(20), fc.nat(20)),
  }),
  fc.record({ do: fc.constant('ask' as const), reader: fc.nat(2), limit: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ do: fc.constant('ask from' as const), from: fc.tuple(fc.nat(60), fc.nat(60)), limit: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ do: fc.constant('let go' as const) }),
)

test('whoever asks is given what comes next, or nothing is known there', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const kept = recent()
      kept.add(PARTITIONS, new Map(), [])
      let end = [0, 0]
      /** Each is served whenever he asks: he never stands anywhere but among what is kept. */
      const readers: number[][] = [
        [0, 0],
        [0, 0],
        [0, 0],
      ]
      const ask = (from: readonly number[], limit: number): Positions | undefined => {
        const found = kept.after(PARTITIONS, placesAt(from), limit)
        if (!found) return undefined
        assert.ok(found.versions.length <= limit)
        const upTo = PARTITIONS.map((partition) => found.upTo.get(partition) ?? NaN)
        assert.deepEqual(
          numbersOf(found.versions),
          numbersOf(PARTITIONS.flatMap((partition) => between(partition, from[partition] ?? 0, upTo[partition] ?? 0))),
        )
        assert.equal(
          found.left,
          PARTITIONS.reduce((sum, partition) => sum + (end[partition] ?? 0) - (upTo[partition] ?? 0), 0),
        )
        assert.ok(found.left === 0 || found.versions.length === limit, 'no less than there is')
        return found.upTo
      }
      for (const one of steps) {
        if (one.do === 'read on') {
          const { places } = kept.ends(0)
          const to = end.map((position, partition) => Math.min(60, position + (one.counts[partition] ?? 0)))
          kept.add(
            PARTITIONS,
            places,
            PARTITIONS.flatMap((partition) => between(partition, end[partition] ?? 0, to[partition] ?? 0)),
          )
          end = to
        } else if (one.do === 'read elsewhere') {
          // As who is further back: it counts only where it goes on from what is kept.
          const from = one.from.map((position, partition) => Math.min(position, end[partition] ?? 0))
          const to = from.map((position, partition) => Math.min(end[partition] ?? 0, position + (one.counts[partition] ?? 0)))
          kept.add(
            PARTITIONS,
            placesAt(from),
            PARTITIONS.flatMap((partition) => between(partition, from[partition] ?? 0, to[partition] ?? 0)),
          )
        } else if (one.do === 'ask') {
          const upTo = ask(readers[one.reader] ?? [], one.limit)
          assert.ok(upTo, 'what a reader needs was let go')
          readers[one.reader] = PARTITIONS.map((partition) => upTo.get(partition) ?? NaN)
        } else if (one.do === 'ask from') ask(one.from, one.limit)
        else {
          kept.letGo(readers.map((positions) => new Map(positions.map((position, partition) => [partition, position]))))
          const least = PARTITIONS.map((partition) => Math.min(...readers.map((positions) => positions[partition] ?? 0)))
          assert.equal(
            kept.size(),
            PARTITIONS.reduce((sum, partition) => sum + (end[partition] ?? 0) - (least[partition] ?? 0), 0),
          )
        }
      }
    }),
  )
})

test('a place of another history is not among what is kept', () => {
  const kept = recent()
  kept.add([0], new Map(), between(0, 0, 10))
  const place = placeAt(0, 5)
  assert.ok(place)
  assert.equal(kept.after([0], new Map([[0, place]]), 10)?.versions.length, 5)
  assert.equal(kept.after([0], new Map([[0, { ...place, recordedAt: '2026-01-01T00:00:00.000000Z' }]]), 10), undefined)
  assert.equal(kept.after([0, 1], new Map([[0, place]]), 10), undefined, 'nor is another partition')
})

test('what is newer takes the place of what it does not go on from', () => {
  const kept = recent()
  kept.add([0], new Map(), between(0, 0, 10))
  kept.add([0], placesAt([20]), between(0, 20, 25))
  assert.deepEqual(numbersOf(kept.after([0], placesAt([20]), 10)?.versions ?? []), numbersOf(between(0, 20, 25)))
  assert.equal(kept.after([0], placesAt([5]), 10), undefined)
  kept.add([0], placesAt([3]), between(0, 3, 8))
  assert.equal(kept.size(), 5, 'what is older does not')
})

test('a partition of which nothing was asked lately is read no further', () => {
  const kept = recent()
  kept.add(PARTITIONS, new Map(), between(1, 0, 3))
  const later = performance.now() + 1
  while (performance.now() <= later);
  kept.after([1], new Map(), 10)
  assert.deepEqual(kept.ends(later), { partitions: [1], places: new Map([[1, placeAt(1, 3)]]) })
})
