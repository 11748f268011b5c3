import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whoIs } from './session.js'

const token = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

test('who a token says it is, whether it sees its own only, and whether it may operate', () => {
  assert.deepEqual(whoIs(token({ sub: 'dora', scope: 'consume audit' })), { subject: 'dora', ownOnly: undefined, mayOperate: false })
  assert.deepEqual(whoIs(token({ sub: 'desk-7', owner: 'alice', scope: 'submit operate' })), {
    subject: 'desk-7',
    ownOnly: 'alice',
    mayOperate: true,
  })
  assert.deepEqual(whoIs(token({ sub: 'ünal', scope: 'submit' })), { subject: 'ünal', ownOnly: 'ünal', mayOperate: false })
  for (const bad of ['', 'x', 'a.b.c', 'e30.e.x']) assert.equal(whoIs(bad), undefined, bad)
})
