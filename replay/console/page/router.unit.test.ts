import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hrefOf, routeOf } from './router.js'

test('an address and back', () => {
  assert.equal(hrefOf('entity', 'trade:alice:T-1', { asOf: '2026-01-05T14:30:00Z' }), '#/entity/trade:alice:T-1?asOf=2026-01-05T14:30:00Z')
  assert.equal(hrefOf('find', '', { kind: 'trade', owner: '', status: undefined }), '#/find?kind=trade')
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'grapheme', minLength: 1 })),
      (id, query) => {
        assert.deepEqual(routeOf(hrefOf('entity', id, query)), { page: 'entity', id, query: { ...query } })
      },
    ),
  )
})

test('what is no address', () => {
  for (const hash of ['', '#', '#main', '#/Find', '#/entity/%', 'x']) assert.equal(routeOf(hash), undefined, hash)
})
