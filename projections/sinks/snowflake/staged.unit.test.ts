import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../ledger/json.ts'
import type { Changed } from '../../fold.ts'
import { counting } from '../made-up.testing.ts'
import { Unwritable, type Batch } from '../sink.ts'
import { MAX_VALUE_BYTES, staged } from './staged.ts'
import { tablesOf } from './tables.ts'
import { typed } from './typed.testing.ts'

const batchOf = (...bodies: readonly (JsonObject | null)[]): Batch => ({
  documents: new Map(
    bodies.map((body, n): [string, Changed] => [`k${n}`, { key: `k${n}`, body, partition: 1, position: n + 1, isNew: true }]),
  ),
  memories: new Map(),
  begins: new Map([[1, 1]]),
  places: new Map([[1, { position: 2, recordedAt: '2026-01-02T00:00:00.000001Z' }]]),
})

test('a value is quoted, what is null is empty, and every line has as many fields', () => {
  const { csv, rows, documents } = staged(tablesOf(typed('t'), 'AB'), batchOf({ owner: 'o', text: 'a "b",\n', price: '0.5' }, null))
  assert.equal(
    csv,
    [
      '"d","k0","1","1","false",,"o","a ""b"",\n","0.5",,,,,\n',
      '"d","k1","1","2","true",,,,,,,,,\n',
      '"p",,"1","2",,"2026-01-02T00:00:00.000001",,,,,,,,\n',
    ].join(''),
  )
  assert.deepEqual([rows, documents], [3, 2])
})

test('a value that is too long for Snowflake is the trouble of its document alone', () => {
  const long = 'é'.repeat(MAX_VALUE_BYTES / 2)
  assert.equal(staged(tablesOf(typed('t'), 'AB'), batchOf({ owner: 'o', text: long })).documents, 1)
  for (const [projection, body] of [
    [typed('t'), { owner: 'o', text: `${long}x` }],
    [counting('c'), { owner: 'o', text: long }],
  ] as const)
    assert.throws(
      () => staged(tablesOf(projection, 'AB'), batchOf(body)),
      (error) => error instanceof Unwritable && error.kept.key === 'k0',
    )
})
