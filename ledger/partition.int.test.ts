// Promises: SQL's half of partition-vectors.json, and that both halves agree on any owner.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { openDatabase, type Database } from './database.ts'
import { partitionOfOwner } from './partition.ts'
import vectors from './partition-vectors.json' with { type: 'json' }

for (const count of ['7', '16'] as const)
  describe(`of ${count} partitions`, () => {
    let db: TestDatabase
    let database: Database
    before(async () => {
      db = await testDatabase({ partitions: Number(count) })
      database = openDatabase({ url: db.url, connections: 1, name: 'test' })
    })
    after(async () => {
      await database.end()
      await db.drop()
    })
    const inSql = async (owners: readonly string[]): Promise<readonly number[]> => {
      const { rows } = await database.query<{ partition: number }>(
        `select ledger.partition_of('trade:' || owner || ':T-1') as partition from unnest($1::text[]) with ordinality o(owner, n) order by n`,
        [owners],
      )
      return rows.map(({ partition }) => partition)
    }

    test(`SQL's partitions of ${count} are those of the vectors`, async () => {
      assert.deepEqual(
        await inSql(vectors.map(({ owner }) => owner)),
        vectors.map(({ partitions }) => partitions[count]),
      )
    })

    test(`SQL and TypeScript agree on any owner, of ${count}`, async () => {
      const owner = fc.stringMatching(/^[A-Za-z0-9._~@-]{1,64}$/)
      await fc.assert(
        fc.asyncProperty(fc.array(owner, { minLength: 100, maxLength: 100 }), async (owners) =>
          assert.deepEqual(
            await inSql(owners),
            owners.map((one) => partitionOfOwner(one, Number(count))),
          ),
        ),
        { numRuns: 5 },
      )
    })
  })
