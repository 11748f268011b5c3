import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { append } from './append.ts'
import { INSTALL, installedPeers, onServer, peersInstalled, type Contest } from './contest.ts'
import { drain } from './drain.ts'
import { streamOf } from './events.ts'
import { fill, type Filling } from './fill.ts'
import { hot } from './hot.ts'
import { lost } from './lost.ts'
import { startReading } from './reader.ts'
import type { EventStore } from './store.ts'
import { streams } from './streams.ts'

const FILLING: Filling = { long: [{ streams: 2, events: 5 }], short: 20 }
const all = await installedPeers()

test('the peers are installed', { skip: !process.env['CI'] && !(await peersInstalled()) && `without them: ${INSTALL}` }, async () => {
  assert.ok(await peersInstalled(), INSTALL)
})

for (const peer of all)
  for (const setting of peer.settings)
    describe(`${peer.name}, ${setting.name}`, () => {
      let database: TestDatabase
      let store: EventStore

      before(async () => {
        database = await testDatabase({ migrate: false })
        await peer.install(database.url)
        store = await setting.open(database.url)
      })
      after(async () => {
        await store[Symbol.asyncDispose]()
        await database.drop()
      })

      test('an event is appended only where the stream is as expected', async () => {
        const stream = streamOf('expected', 0)
        assert.equal(await store.append(stream, 0), true)
        assert.equal(await store.append(stream, 0), false)
        assert.equal(await store.append(stream, 1), true)
        assert.equal(await store.append(stream, 1), false)
        assert.equal(await store.read(stream), 2)
        assert.equal(await store.state(stream), 2)
        assert.equal(await store.state(streamOf('nobody', 0)), 0)
      })

      test('commands that race are all done, each once', async () => {
        const stream = streamOf('raced', 1)
        await store.append(stream, 0)
        await Promise.all(Array.from({ length: 8 }, () => store.command(stream)))
        assert.equal(await store.read(stream), 9)
      })

      test('a reader of everything sees every event', async () => {
        for (const feed of store.feeds) {
          const { seen } = await startReading(feed).until(({ size }) => size === 11)
          assert.deepEqual(
            [...seen].sort(),
            ['expectedn0@1', 'expectedn0@2', ...Array.from({ length: 9 }, (_, n) => `racedn1@${n + 1}`)].sort(),
            feed.name,
          )
        }
      })
    })

test('every measurement has figures', async () => {
  await using databases = new AsyncDisposableStack()
  const contestants = await onServer({ database: async () => databases.use(await testDatabase({ migrate: false })).url }, all)
  const contest: Contest = { contestants, rounds: 1, seconds: 0.1, cpuSeconds: async () => NaN, say: () => {} }
  for (const contestant of contestants) await fill(contestant, FILLING)
  const results = [
    ...(await streams(contest, FILLING)),
    ...(await drain(contest, FILLING)),
    ...(await append(contest, [2])),
    ...(await hot(contest)),
    ...(await lost({ ...contest, contestants: contestants.slice(0, 1) })),
  ]
  assert.deepEqual(
    results.filter(({ value, against }) => !Number.isFinite(value) || (against !== null && !(against > 0))),
    [],
  )
  assert.deepEqual(
    results.filter(({ goal, holds }) => goal === 'value <= 0' && holds !== true),
    [],
  )
  assert.ok(results.some(({ name }) => name.includes('never saw')))
})
