// Histories of a few trades, any of them: what fast-check makes properties of.
import fc from 'fast-check'
import { busted, executed, submitted, type EntityEvent } from './given.testing.ts'

const TRADES = ['trade:alice:T-1', 'trade:alice:T-2', 'trade:alice:T-3', 'trade:alice:T-4']
const amount = fc.integer({ min: 1, max: 99_999 }).map((n) => String(n / 100))
const price = fc.integer({ min: -500, max: 99_999 }).map((n) => String(n / 1000))

const terms = fc.record({
  instrument: fc.constantFrom('AAPL', 'MSFT'),
  side: fc.constantFrom('buy', 'sell'),
  quantity: amount,
  price: fc.option(price, { nil: undefined }),
})

const event = (entityId: string): fc.Arbitrary<EntityEvent> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.nat(5), amount, price, fc.option(amount, { nil: undefined }))
        .map(([id, ...rest]) => executed(entityId, `E-${id}`, ...rest)),
    },
    { weight: 2, arbitrary: fc.nat(5).map((id) => busted(entityId, `E-${id}`)) },
    amount.map((quantity) => ({ entityId, event: 'TradeAmended', data: { quantity } })),
    price.map((changed) => ({ entityId, event: 'TradeAmended', data: { price: changed } })),
    amount.map((quantity) => ({ entityId, event: 'TradeReduced', data: { quantity } })),
    fc.constant({ entityId, event: 'TradeCancelled', data: {} }),
  )

/** In any order, but each trade is submitted first, and an execution's id is used once, and busted once. */
export const histories: fc.Arbitrary<readonly EntityEvent[]> = fc
  .tuple(
    fc.array(terms, { minLength: TRADES.length, maxLength: TRADES.length }),
    fc.array(fc.constantFrom(...TRADES).chain(event), { maxLength: 60, size: 'max' }),
  )
  .map(([submissions, later]) => {
    const seen = new Set<string>()
    const first = TRADES.map((id, n) => submitted(id, withoutUndefined(submissions[n] ?? {})))
    return [...first, ...later].filter(({ entityId, event: name, data }) => {
      if (!name.startsWith('Execution')) return true
      const id = `${name} ${entityId} ${data?.['executionId'] as string}`
      return !seen.has(id) && seen.add(id)
    })
  })

const withoutUndefined = (data: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries({ price: undefined, ...data }).filter(([, value]) => value !== undefined))
