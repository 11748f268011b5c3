import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whoIs } from './session.js'

const token = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

test('who a token says it is, and whether it sees its own only', () => {
  assert.deepEqual(whoIs(token({ sub: 'dora', scope: 'consume audit' })), { subject: 'dora', ownOnly: undefined })
  assert.deepEqual(whoIs(token({ sub: 'desk-7', owner: 'alice', scope: 'submit' })), { subject: 'desk-7', ownOnly: 'alice' })
  assert.deepEqual(whoIs(token({ sub: 'ünal', scope: 'submit' })), { subject: 'ünal', ownOnly: 'ünal' })
  for (const bad of ['', 'x', 'a.b.c', 'e30.e.x']) assert.equal(whoIs(bad), undefined, bad)
})
