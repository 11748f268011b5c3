import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sharedMongo } from '../../test/services/shared.ts'
import { sinkContract } from './contract.testing.ts'
import { counting, feedInto, versions } from './made-up.testing.ts'
import { mongoSink } from './mongo.ts'

const { address, skip } = await sharedMongo()
const database = `strata_contract_${process.pid}`
const url = address.replace('/?', `/${database}?`)
const sink = mongoSink({ url })
const sharded = mongoSink({ url, isSharded: true })
after(async () => {
  if (!skip) await dropDatabase()
  for (const one of [sink, sharded]) await one[Symbol.asyncDispose]()
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

sinkContract('mongo, as on a sharded cluster', () => sharded, { skip })

test('documents carry their shard key, those that are no more too, and an index begins with it', { skip }, async () => {
  const projection = counting('spread')
  await feedInto(await sharded.open(projection, 'live'), projection, versions(0, 44))
  const { MongoClient } = await import('mongodb')
  await using client = new MongoClient(url)
  const documents = await client.db().collection('spread').find().toArray()
  assert.ok(documents.some((document) => '_gone' in document))
  for (const { _id: key, owner } of documents) assert.equal(owner, projection.spreadBy.of(String(key)))
  const indexes = await client.db().collection('spread').indexes()
  assert.ok(indexes.some(({ key }) => JSON.stringify(key) === '{"owner":1,"_id":1}'))
})
