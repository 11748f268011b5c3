// The store in MongoDB keeps the contract.
import type { ClientSession } from 'mongodb'
import { testMongo } from '../../../test/mongo.ts'
import { sharedMongo } from '../../../test/services/shared.ts'
import { storeContract, type Tried } from './contract.testing.ts'
import { openMongoStore } from './mongo.ts'

const { address, skip } = await sharedMongo()

async function open(): Promise<Tried<ClientSession>> {
  const mongo = await testMongo(address)
  const lines = mongo.db.collection<{ _id: number; entityId: string; version: number }>('lines')
  let n = 0
  return {
    store: await openMongoStore(mongo),
    async write(records, session) {
      await lines.insertMany(
        records.map(({ entityId, version }) => ({ _id: n++, entityId, version })),
        { session },
      )
    },
    async written() {
      return (await lines.find().sort({ _id: 1 }).toArray()).map(({ entityId, version }) => ({ entityId, version }))
    },
    [Symbol.asyncDispose]: () => mongo[Symbol.asyncDispose](),
  }
}

storeContract({ name: 'MongoDB', open, versions: 50_000, skip })
