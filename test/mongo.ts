// Promises: a MongoDB database of its own, gone afterwards, on a server that is there (services/shared.ts).
import { randomUUID } from 'node:crypto'
import { MongoClient, type Db } from 'mongodb'

export interface TestMongo extends AsyncDisposable {
  readonly url: string
  readonly client: MongoClient
  readonly db: Db
}

export async function testMongo(server: string): Promise<TestMongo> {
  const name = `strata_test_${process.pid}_${randomUUID().slice(0, 8)}`
  const address = new URL(server)
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
