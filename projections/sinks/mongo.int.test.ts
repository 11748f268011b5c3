import { after } from 'node:test'
import { sharedMongo } from '../../test/services/shared.ts'
import { sinkContract } from './contract.testing.ts'
import { mongoSink } from './mongo.ts'

const { address, skip } = await sharedMongo()
const database = `strata_contract_${process.pid}`
const sink = mongoSink({ url: address.replace('/?', `/${database}?`) })
after(async () => {
  if (!skip) await dropDatabase()
  await sink[Symbol.asyncDispose]()
})

async function dropDatabase(): Promise<void> {
  const { MongoClient } = await import('mongodb')
  await using client = new MongoClient(address)
  await client.db(database).dropDatabase()
}

sinkContract('mongo', () => sink, {
  skip,
  behind: {
    port: () => Number(new URL(address).port),
    sink: (port) => mongoSink({ url: `mongodb://127.0.0.1:${port}/${database}?directConnection=true` }),
    isWrite: (request) => request.includes('$replaceWith'),
  },
})
