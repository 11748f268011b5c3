// Whatever bars and corrections come, in whatever order: the view is what a slow look at every bar as it is comes to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BAR_FLAGS, type BarState } from '../../ledger/entities/bar.ts'
import { corrected, recorded, slowMarket } from './bar-events.testing.ts'
import { shownAfter, versionsOf, type EntityEvent } from './given.testing.ts'
import { market } from './market.ts'

const price = fc.integer({ min: 1, max: 99_999 }).map((n) => String(n / 1000))
const flags = fc.subarray([...BAR_FLAGS], { maxLength: 2 })
const local = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 90 }).map((n) => new Date(Date.UTC(2016, 0, n)).toISOString().slice(0, 10)) },
  fc
    .tuple(fc.integer({ min: 80, max: 92 }), fc.integer({ min: 10, max: 23 }))
    .map(([n, hour]) => `${new Date(Date.UTC(2016, 0, n)).toISOString().slice(0, 10)}T${hour}.59`),
)

const bar = fc.record({
  id: local.map((part) => `bar:ACME:${part}`),
  close: price,
  flags,
  quotes: fc.option(fc.record({ bid: price, ask: price }), { nil: {} }),
  currency: fc.option(fc.constant({ currency: 'USD' }), { nil: {} }),
})
const correction = fc.record({ n: fc.nat(), close: price, flags, high: fc.option(price, { nil: null }) })

/** Each bar once, in any order; a correction is of one that is there. */
const histories: fc.Arbitrary<readonly EntityEvent[]> = fc
  .tuple(
    fc.uniqueArray(bar, { selector: ({ id }) => id, minLength: 1, maxLength: 100, size: 'max' }),
    fc.array(fc.option(correction), { maxLength: 150, size: 'max' }),
  )
  .map(([found, steps]) => {
    const left = [...found]
    const there: string[] = []
    const events: EntityEvent[] = []
    for (const step of [null, ...steps]) {
      const next = step === null ? left.shift() : undefined
      if (next) {
        there.push(next.id)
        events.push(recorded(next.id, next.close, { flags: next.flags, ...next.quotes, ...next.currency }))
      } else if (step) {
        const { n, ...data } = step
        events.push(corrected(there[n % there.length] ?? '', data))
      }
    }
    return events
  })

test('market', () =>
  fc.assert(
    fc.property(histories, (events) => {
      const versions = versionsOf(events)
      const latest = new Map(versions.map(({ entityId, state }) => [entityId, state as unknown as BarState]))
      assert.deepEqual(shownAfter(market, versions), { ACME: slowMarket([...latest.values()]) })
    }),
    { numRuns: 500 },
  ))
