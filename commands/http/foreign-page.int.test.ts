// Promises: a server without tokens refuses what a browser sends for a page of another site, and changes nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { served } from '../../test/served.ts'

test('a page of another site opens no account; the same without its signs does', async () => {
  await using database = await testDatabase()
  const server = await served(database.url)
  const account = { owner: 'alice', accountId: 'USD', currency: 'USD' }
  for (const signs of [{ origin: 'https://example.com' }, { 'sec-fetch-site': 'cross-site' }])
    assert.equal((await server.post('/v1/accounts', account, signs)).status, 400)
  assert.equal((await server.post('/v1/accounts', account)).status, 201)
  await server.close()
})
