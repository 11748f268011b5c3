import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { InvalidRequest, type FieldError } from './failure.ts'
import { decodeListCursor, encodeListCursor } from './list-cursor.ts'
import { bodyOf, entityIdParam, instantParam, limitSchema, queryOf, versionSchema } from './request.ts'

function errorsOf(work: () => unknown): readonly FieldError[] {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof InvalidRequest)
    return error.errors
  }
  return assert.fail('nothing was refused')
}
const pointersOf = (work: () => unknown): readonly string[] => errorsOf(work).map(({ pointer }) => pointer)

test('a body: JSON pointers, what is missing, what is not known', () => {
  const schema = z.strictObject({ 'a/b~c': z.string(), deep: z.strictObject({ list: z.array(z.number()) }) })
  assert.deepEqual(
    pointersOf(() => bodyOf(schema, { 'a/b~c': 1, deep: { list: [1, 'x'], more: 1 }, other: 1 })),
    ['/a~1b~0c', '/deep/list/1', '/deep/more', '/other'],
  )
  assert.deepEqual(
    errorsOf(() => bodyOf(schema, { deep: { list: [] } }, '/data')),
    [{ pointer: '/data/a~1b~0c', detail: 'is required' }],
  )
  assert.deepEqual(
    pointersOf(() => bodyOf(schema, [])),
    [''],
  )
  assert.deepEqual(
    pointersOf(() => bodyOf(z.strictObject({}), JSON.parse('{"__proto__":1}'))),
    ['/__proto__'],
  )
})

test('a query: names, and each once', () => {
  const schema = z.strictObject({ limit: limitSchema, version: versionSchema.optional(), at: instantParam.optional() })
  assert.deepEqual(queryOf(schema, {}), { limit: 100 })
  assert.deepEqual(queryOf(schema, { limit: '7', version: '9999999999', at: '2026-01-01T00:00:00 02:00' }), {
    limit: 7,
    version: 2_147_483_647,
    at: '2025-12-31T22:00:00.000000Z',
  })
  assert.deepEqual(
    pointersOf(() => queryOf(schema, { limit: '0', version: '-1', at: 'now', x: '' })),
    ['limit', 'version', 'at', 'x'],
  )
  assert.deepEqual(
    pointersOf(() => queryOf(schema, { limit: ['1', '2'] })),
    ['limit'],
  )
})

test('an id in a path', () => {
  assert.equal(entityIdParam({ id: 'trade:ann:T' }, 'trade'), 'trade:ann:T')
  for (const [id, kind] of [
    ['trade:ann:T', 'ticket'],
    ['trade:ann', undefined],
    ['trade:..:T', undefined],
    [undefined, undefined],
  ] as const)
    assert.deepEqual(
      pointersOf(() => entityIdParam({ id }, kind)),
      ['id'],
    )
})

test('a list cursor belongs to what was asked', () => {
  const asked = { kind: 'trade', owner: 'ann', status: undefined }
  const cursor = { below: 'trade:ann:T', asOf: '2026-01-01T00:00:00.000000Z' }
  const text = encodeListCursor(asked, cursor)
  assert.deepEqual(decodeListCursor({ owner: 'ann', kind: 'trade' }, text), cursor)
  for (const other of [{ ...asked, owner: 'ben' }, { ...asked, status: 'open' }, { kind: 'trade' }])
    assert.deepEqual(
      pointersOf(() => decodeListCursor(other, text)),
      ['cursor'],
    )
  for (const garbage of ['', 'x', 'bnVsbA', text.slice(4)])
    assert.deepEqual(
      pointersOf(() => decodeListCursor(asked, garbage)),
      ['cursor'],
    )
})
