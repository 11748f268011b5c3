// In whatever order bars and corrections of them arrive, once or twice: the ledger comes to the bars that it would have had, had they come in order and right the first time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BarState } from '../../ledger/entities/bar.ts'
import { decide, after, type Book, type Command } from '../given.ts'
import { barSeries, commandsOfBar } from './bar-series.ts'
import { barKey, readMarketBar, type MarketBar } from './market-bar.ts'

const DAYS = ['2016-01-08', '2016-01-11', '2016-01-12', '2016-01-13', '2016-01-19', '2016-01-20']
const price = fc.integer({ min: 1, max: 40 }).map(String)

interface Told {
  readonly day: string
  readonly revision: number
  readonly close: string
  readonly open: string | undefined
}

const told: fc.Arbitrary<readonly Told[]> = fc
  .array(
    fc.record({
      day: fc.constantFrom(...DAYS),
      revision: fc.integer({ min: 1, max: 3 }),
      close: price,
      open: fc.option(price, { nil: undefined }),
    }),
    { minLength: 1, maxLength: 20 },
  )
  // a source says one thing in each revision
  .map((all) => [...new Map(all.map((one) => [`${one.day} ${one.revision}`, one])).values()])

function barOf({ day, revision, close, open }: Told): MarketBar {
  const bar = readMarketBar({ symbol: 'ACME', interval: 'day', start: day, open, high: '30', low: '5', close, volume: '1', revision })
  assert.ok('id' in bar)
  return bar
}

function arrived(all: readonly Told[]): Book {
  const series = barSeries()
  const keys = new Set<string>()
  let book: Book = new Map()
  for (const bar of all.map(barOf)) {
    const key = barKey(bar)
    if (keys.has(key)) continue
    keys.add(key)
    // a unit: all or none
    let next = book
    for (const { command, entityId, data } of commandsOfBar(series, bar, key, {})) {
      const asked: Command = [command, entityId, data]
      const { decision } = decide(next, asked)
      if ('reject' in decision) {
        assert.equal(decision.reject.code, 'older_revision')
        next = book
        break
      }
      next = after(next, asked)
    }
    book = next
  }
  return book
}

const bars = (book: Book): Readonly<Record<string, BarState | undefined>> =>
  Object.fromEntries(
    [...book].map(([id, { state }]) => [id, state as BarState | undefined] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

test('any order comes to the same bars', () =>
  fc.assert(
    fc.property(
      told.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length }))),
      ([all, order]) => {
        const last = new Map(all.toSorted((a, b) => a.revision - b.revision).map((one) => [one.day, one]))
        const inOrder = [...last.values()].toSorted((a, b) => (a.day < b.day ? -1 : 1))
        assert.deepEqual(bars(arrived(order)), bars(arrived(inOrder)))
      },
    ),
    { numRuns: 500 },
  ))
