import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { testDatabase } from './database.ts'

test('every caller gets a database of its own, which is gone when dropped', async () => {
  const [one, two] = await Promise.all([testDatabase({ migrate: false }), testDatabase({ migrate: false })])
  assert.notEqual(one.name, two.name)
  const client = new pg.Client(one.url)
  await client.connect()
  await client.query('create table t as select 1 as n')
  await client.end()
  const other = new pg.Client(two.adminUrl)
  await other.connect()
  await assert.rejects(other.query('select * from t'), { code: '42P01' })
  await other.end()
  await one.drop()
  assert.equal(await connects(one.url), false)
  assert.equal(await connects(two.url), true)
  await two.drop()
})

async function connects(url: string): Promise<boolean> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  )
}
