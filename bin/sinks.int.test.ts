// Promises: a server with MongoDB and Kafka beside PostgreSQL keeps the views in both and publishes the feed; a person sees, pauses, rebuilds and replays there as anywhere.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { MongoClient } from 'mongodb'
import type { ProjectionStatus } from '../projections/serving/projection-status.ts'
import { testDatabase } from '../test/database.ts'
import { sharedKafka, sharedMongo } from '../test/services/shared.ts'
import { committed } from '../test/services/topics.ts'
import { server as serving, strata } from '../test/strata.ts'

const mongo = await sharedMongo()
const kafka = await sharedKafka()
const database = `strata_start_${process.pid}`
const mongoUrl = mongo.address.replace('/?', `/${database}?`)
const WITHIN_MS = 60_000

async function forgetTopics(): Promise<void> {
  const admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('strata.'))
  if (topics.length > 0) await admin.deleteTopics({ topics })
  await admin.disconnect()
}

async function forgetDatabases(): Promise<void> {
  await using client = new MongoClient(mongo.address)
  for (const name of [database, `${database}_was`]) await client.db(name).dropDatabase()
}
after(async () => {
  if (!mongo.skip) await forgetDatabases()
})

async function until<Found>(look: () => Promise<Found>, is: (found: Found) => boolean): Promise<Found> {
  let found = await look()
  for (const end = Date.now() + WITHIN_MS; Date.now() < end && !is(found); found = await look()) await sleep(100)
  assert.ok(is(found), JSON.stringify(found))
  return found
}

test('MongoDB and Kafka beside PostgreSQL', { skip: mongo.skip || kafka.skip, timeout: 280_000 }, async () => {
  await forgetTopics()
  await using db = await testDatabase({ partitions: 4 })
  const env = { STRATA_DATABASE_URL: db.url, STRATA_MONGO_URL: mongoUrl, STRATA_KAFKA_BROKERS: kafka.address }
  await using server = await serving(env)
  const ask = async <Answer>(path: string, body?: object): Promise<Answer> => {
    const sent = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    return (await (await fetch(`${server.url}${path}`, sent)).json()) as Answer
  }
  const submit = (tradeId: string) =>
    ask('/v1/trades', { owner: 'alice', tradeId, instrument: 'AAPL', side: 'buy', quantity: '1', price: '1', currency: 'USD' })
  const status = (name: string) => ask<ProjectionStatus>(`/v1/projections/${name}`)
  const command = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await strata(args, env)
    assert.equal(code, 0, stderr)
    return stdout
  }
  const isThrough = ({ state, lag, positions }: ProjectionStatus): boolean =>
    state === 'running' && lag.versions === 0 && positions.some((position) => position > 0)

  await submit('T-1')
  const { sinks } = await until(() => status('trades'), isThrough)
  assert.deepEqual(
    sinks.map(({ sink }) => sink.replace(/-.*/, '')),
    ['postgres', 'mongo', 'duckdb'],
  )
  const feed = await until(() => status('feed'), isThrough)
  assert.deepEqual([feed.sinks.map(({ sink }) => sink), feed.kinds.includes('trade')], [['kafka'], true])
  const [one, another] = await Promise.all(['postgres', 'mongo'].map((sink) => ask(`/v1/views/trades?sink=${sink}`)))
  assert.deepEqual(one, another)
  const lags = (await (await fetch(`${server.url}/metrics`)).text()).match(/^strata_projection_lag_versions\{.*$/gm)
  assert.ok(lags?.includes('strata_projection_lag_versions{sink="kafka",view="feed"} 0'), lags?.join('\n'))

  // The relay is paused and resumed like a view.
  assert.match(await command('projections', 'pause', 'feed'), /feed +kafka +paused/)
  await sleep(1_500)
  await submit('T-2')
  await until(
    () => status('feed'),
    ({ state, lag }) => state === 'paused' && lag.versions > 0,
  )
  await ask('/v1/projections/feed/resume', {})
  await until(() => status('feed'), isThrough)
  const published = (await committed(kafka.address, 'strata')).map(({ headers }) => headers['ce_id'])
  assert.deepEqual(new Set(published), new Set(['trade:alice:T-1@1', 'trade:alice:T-2@1']))
  assert.match(await command('projections', 'retry', 'feed', '--sink', 'kafka'), /feed +kafka/)
  const refused = await strata(['projections', 'pause', 'feed', '--sink', 'mongo'], env)
  assert.deepEqual([refused.code, /feed is on no sink mongo: it is on kafka/.test(refused.stderr)], [1, true], refused.stderr)

  assert.match(await command('projections', 'rebuild', 'trades', '--sink', 'mongo'), /trades in mongo: built from 2 versions/)
  await submit('T-3')
  await until(
    () => ask<{ data: readonly unknown[] }>('/v1/views/trades?sink=mongo'),
    ({ data }) => data.length === 3,
  )

  const into = mongo.address.replace('/?', `/${database}_was?`)
  const replay = ['replay', '--view', 'trades', '--as-of', new Date().toISOString(), '--into', into] as const
  await command(...replay)
  await using client = new MongoClient(mongo.address)
  assert.equal(await client.db(`${database}_was`).collection('trades').countDocuments(), 3)
  assert.match((await strata(replay, env)).stderr, /there is a view trades in the database strata_start_\d+_was already/)
})
