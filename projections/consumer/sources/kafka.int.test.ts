// Topics of a real broker, with doubles and late ones, taken by consumers of one group that come and go: every version once, in order; offsets no further than the store.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { publish, testKafka } from '../../../test/kafka.ts'
import { sharedKafka } from '../../../test/services/shared.ts'
import { consume } from '../consume.ts'
import { NotARecord } from '../failure.ts'
import type { VersionRecord } from '../record.ts'
import { memoryStore } from '../stores/memory.ts'
import { anySeed } from '../stores/contract.testing.ts'
import type { Consumer } from '../take.ts'
import { chanceOf, deliveriesOf, worldOf } from '../world.testing.ts'
import { kafkaTopics } from './kafka.ts'

const { address, skip } = await sharedKafka()

test('a group of consumers, each for a while', { skip, timeout: 120_000 }, async (t) => {
  const seed = anySeed()
  t.diagnostic(`STRATA_TEST_SEED=${seed}`)
  const chance = chanceOf(seed)
  const topic = `strata_test_${randomUUID()}.trade`
  const world = worldOf(5_000, 200, chance)
  const deliveries = deliveriesOf(world.feed, { doubled: 0.2, dropped: 0, delayed: 0.2, delay: 200 }, chance)
  const kafka = testKafka(address)
  await publish(
    kafka,
    [topic],
    deliveries.map((record) => ({ topic, key: record.entityId, value: JSON.stringify(record) })),
  )

  const handled: VersionRecord[] = []
  let failures = 0
  const consumer: Consumer<undefined> = {
    store: memoryStore(),
    strategy: 'contiguous',
    handle(records) {
      if (chance() < 0.3) {
        failures++
        throw new Error('not now')
      }
      handled.push(...records)
    },
  }
  const source = kafkaTopics({ kafka, groupId: `group-${topic}`, topics: [topic] })
  while (handled.length < world.feed.length) {
    const stop = new AbortController()
    const working = [1, 2].map(() => consume(consumer, source, { signal: stop.signal, onTrouble: () => undefined }))
    const known = handled.length
    while (handled.length === known) await sleep(20)
    await sleep(chance() * 300)
    stop.abort()
    await Promise.all(working)
  }
  const reached = new Map<string, number>()
  for (const { entityId, version } of handled) {
    assert.equal(version, (reached.get(entityId) ?? 0) + 1)
    reached.set(entityId, version)
  }
  assert.deepEqual(reached, world.lengths)
  t.diagnostic(`${deliveries.length} messages, ${failures} failures`)

  await publish(kafka, [topic], [{ topic, key: 'x', value: '{"no":"record"}' }])
  await assert.rejects(consume({ ...consumer, handle: () => undefined }, source, { onTrouble: () => undefined }), (error: Error) => {
    assert.match(error.message, /\.trade, partition \d, offset \d+: this is no version record/)
    return error instanceof NotARecord
  })
})
