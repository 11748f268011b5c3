// Every document of an analytics view fits the columns that its view says it has, and the shape that it is shown in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDecimal } from '../../ledger/decimal.ts'
import { isInstant } from '../../ledger/instant.ts'
import type { JsonValue } from '../../ledger/json.ts'
import { defineProjection, type ColumnType } from '../projection.ts'
import { deskBars, deskTickets, deskTrades, recorded } from '../queries/desk.testing.ts'
import { keptAfter, type Happened } from '../views/given.testing.ts'
import { analytics } from './index.ts'

type Definition = Parameters<typeof defineProjection<string, { readonly owner: string }>>[0]

const at = '2026-01-05T00:00:00.000000Z'
const accounts: readonly Happened[] = [
  { entityId: 'account:alice:USD', event: 'AccountOpened', data: { owner: 'alice', currency: 'USD', limit: '-10' }, at },
  { entityId: 'account:alice:USD', event: 'FundsDeposited', data: { amount: '5', posting: '5' }, at },
  { entityId: 'account:alice:USD', event: 'FundsHeld', data: { holdId: '__proto__', amount: '2' }, at },
  { entityId: 'account:alice:world.USD', event: 'AccountOpened', data: { owner: 'alice', currency: 'USD', limit: null }, at },
]
const run = {
  owner: 'alice',
  strategy: 'momentum',
  parameters: { days: 5 },
  instruments: ['AAPL'],
  from: at,
  to: at,
  metrics: { sharpe: '1.5' },
  tradeCount: 3,
}
const backtests: readonly Happened[] = [
  { entityId: 'backtest:alice:B-1', event: 'BacktestRecorded', data: run, at },
  {
    entityId: 'backtest:alice:B-1',
    event: 'BacktestRerun',
    data: { parameters: { days: null, weeks: 1 }, metrics: {}, tradeCount: 0 },
    at,
  },
]
const versions = recorded([...accounts, ...backtests, ...deskTrades(80), ...deskTickets(20), ...deskBars(8)])

const isText = (value: JsonValue): value is string => typeof value === 'string'
const fits: Readonly<Record<ColumnType, (value: JsonValue) => boolean>> = {
  text: isText,
  decimal: (value) => isText(value) && isDecimal(value),
  integer: Number.isSafeInteger,
  boolean: (value) => typeof value === 'boolean',
  instant: (value) => isText(value) && isInstant(value),
  date: isText,
  json: (value) => value !== null,
}

for (const view of Object.values(analytics))
  test(view.name, () => {
    const { columns = {} } = view
    const found = new Set<string>()
    const own = versions.filter(({ kind, entityId }) => view.kinds.includes(kind) && /:(alice|AAPL):/.test(entityId))
    const kept = keptAfter(view, own)
    assert.ok(kept.length > 0)
    for (const body of kept) {
      for (const [member, value] of Object.entries(body)) {
        const type = columns[member]
        assert.ok(type && value !== undefined && fits[type](value), `${member}: ${JSON.stringify(value)} as ${type}`)
        found.add(member)
      }
      view.shown.parse(view.show(body))
    }
    assert.ok(found.has('owner') && found.size > 3)
  })

test('a limit that an account has not is not there; whatever a hold is called, it is', () => {
  const view = analytics['accounts']
  assert.ok(view)
  const [own, world] = keptAfter(
    view,
    versions.filter(({ kind }) => kind === 'account'),
  )
  assert.deepEqual([own?.['least'], world && 'least' in world], ['-10', false])
  assert.equal(JSON.stringify(own?.['holds']), '{"__proto__":"2"}')
})

test('no view has a column whose name SQL has for itself', () => {
  const [versions] = Object.values(analytics)
  for (const word of ['start', 'order', 'currentDate'])
    assert.throws(
      () => defineProjection({ ...(versions as never as Definition), columns: { [word]: 'text' } as never }),
      /a word that SQL has for itself/,
    )
})
