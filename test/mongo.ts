// Promises: a MongoDB database of its own, gone afterwards, on the server of STRATA_TEST_MONGO_URL (a replica set). Where that is not set, tests that need it are skipped, loudly; in CI they fail.
import { randomUUID } from 'node:crypto'
import { MongoClient, type Db } from 'mongodb'

const url = process.env['STRATA_TEST_MONGO_URL']

/** Why tests on MongoDB are skipped, for `{ skip }`. */
export const missingMongo: string | false = url ? false : 'NOT TESTED: STRATA_TEST_MONGO_URL names no MongoDB server'
if (missingMongo && process.env['CI']) throw new Error(missingMongo)
if (missingMongo) console.error(missingMongo)

export interface TestMongo extends AsyncDisposable {
  readonly url: string
  readonly client: MongoClient
  readonly db: Db
}

export async function testMongo(): Promise<TestMongo> {
  const name = `strata_test_${process.pid}_${randomUUID().slice(0, 8)}`
  const address = new URL(url ?? '')
  address.pathname = `/${name}`
  const client = await MongoClient.connect(address.href, { serverSelectionTimeoutMS: 5_000 })
  const db = client.db(name)
  return {
    url: address.href,
    client,
    db,
    async [Symbol.asyncDispose]() {
      await db.dropDatabase()
      await client.close()
    },
  }
}
