// The store in PostgreSQL keeps the contract; what it makes is what its documented DDL says, and a role that may not make it is served where it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { testDatabase } from '../../../test/database.ts'
import { storeContract, type Tried } from './contract.testing.ts'
import { openPostgresStore, postgresDdl } from './postgres.ts'

async function open(): Promise<Tried<pg.PoolClient>> {
  const database = await testDatabase({ migrate: false })
  const pool = new pg.Pool({ connectionString: database.url, max: 4 })
  await pool.query('create table lines (n bigint generated always as identity primary key, entity_id text, version integer)')
  return {
    store: await openPostgresStore({ pool }),
    async write(records, client) {
      const columns = [records.map(({ entityId }) => entityId), records.map(({ version }) => version)]
      await client.query('insert into lines (entity_id, version) select * from unnest($1::text[], $2::integer[])', columns)
    },
    async written() {
      return (await pool.query('select entity_id as "entityId", version from lines order by n')).rows
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database.drop()
    },
  }
}

storeContract({ name: 'PostgreSQL', open, versions: 50_000 })

test('a role that may not make the schema uses the one that is there', async () => {
  await using database = await testDatabase({ migrate: false })
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 1 })
  const role = `consumer_${process.pid}`
  try {
    await admin.query(`create role ${role} login password 'x'`)
    await admin.query(postgresDdl('keeper'))
    await admin.query(`grant usage on schema keeper to ${role}; grant select, insert, update on all tables in schema keeper to ${role}`)
    const url = new URL(database.url)
    url.username = role
    url.password = 'x'
    const pool = new pg.Pool({ connectionString: url.href, max: 2 })
    try {
      const store = await openPostgresStore({ pool, schema: 'keeper' })
      await store.transaction((within) => within.saveCursor('feed', '1'))
      assert.equal(await store.cursor('feed'), '1')
      assert.deepEqual(await store.gaps(1), [])
      await assert.rejects(openPostgresStore({ pool, schema: 'other' }), /permission denied/)
    } finally {
      await pool.end()
    }
  } finally {
    await admin.query(`drop owned by ${role}; drop role ${role}`)
    await admin.end()
  }
  await assert.rejects(openPostgresStore({ pool: admin, schema: 'no"schema' }), TypeError)
})
