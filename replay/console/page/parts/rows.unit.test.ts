// What lists show of records: which columns, in which order, and how many rows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VersionRecord } from '../types.ts'
import { consoleKinds } from '../../kinds.ts'
import { sortOf } from './changes.js'
import { columnsOf } from './columns.js'
import { MAX_ROWS, newest } from './newest.js'
import { fieldsAt, membersOf, ordered } from './order.js'

const kinds = consoleKinds()
const trade = kinds.find(({ kind }) => kind === 'trade') ?? assert.fail()

const record = (more: object): VersionRecord =>
  ({ kind: 'trade', entityId: 'trade:a:1', version: 1, event: 'TradeReduced', data: {}, state: {}, actor: 'x', ...more }) as VersionRecord

test('columns: filters always, others if most rows have them, neither ids nor what is nested, at most eight', () => {
  const state = {
    owner: 'a',
    instrument: 'X',
    side: 'buy',
    quantity: '1',
    currency: 'USD',
    executions: [],
    fundingAccountId: 'account:a:USD',
  }
  assert.deepEqual(columnsOf(trade, [record({ state })]), ['instrument', 'side', 'quantity', 'currency', 'status'])
  const full = { ...state, price: '1', strategy: 's', broker: 'b', venue: 'v', location: 'l', commission: '0' }
  assert.equal(columnsOf(trade, [record({ state: full })]).length, 8)
  assert.ok(!columnsOf(trade, [record({ state }), record({ state }), record({ state: full })]).includes('price'))
})

test('members in the order of the schema, unknown ones last, at any depth', () => {
  const names = (object: object, pointer: string) => ordered({ ...object }, fieldsAt(pointer, trade.fields)).map(([name]) => name)
  assert.deepEqual(names({ zz: 1, price: '1', owner: 'a' }, ''), ['owner', 'price', 'zz'])
  assert.deepEqual(names({ venue: 'v', price: '1', executionId: 'E' }, '/executions/3'), ['executionId', 'price', 'venue'])
  assert.deepEqual(names({ ask: '1', bid: '1' }, '/executions/0/market'), ['bid', 'ask'])
  assert.deepEqual(names({ b: 1, a: 1 }, '/none/of/these'), ['b', 'a'])
  assert.deepEqual(membersOf('/a~1b/~0'), ['a/b', '~'])
})

test('the newest rows by time, however many come and in whatever order, without their states', () => {
  const rows = newest(kinds)
  const at = (n: number) => `2026-01-01T00:00:00.${String(n).padStart(6, '0')}Z`
  for (let n = 0; n < 5_000; n++)
    rows.add(record({ recordedAt: at((n * 7_919) % 5_000), data: { quantity: '5' }, state: { big: 'x'.repeat(1_000) } }))
  assert.deepEqual(
    rows.all().map(({ recordedAt }) => recordedAt),
    Array.from({ length: MAX_ROWS }, (_, n) => at(4_999 - n)),
  )
  assert.deepEqual(rows.all()[0], {
    kind: 'trade',
    entityId: 'trade:a:1',
    version: 1,
    event: 'TradeReduced',
    actor: 'x',
    recordedAt: at(4_999),
    told: 'quantity 5',
  })
})

test('a change: added, removed, or changed, also from and to null', () => {
  assert.equal(sortOf({ path: '/a', after: null }), 'added')
  assert.equal(sortOf({ path: '/a', before: null }), 'removed')
  assert.equal(sortOf({ path: '/a', before: null, after: '1' }), 'changed')
})
