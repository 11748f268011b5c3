// Promises: a consumer that is told to stop while the broker is away stops within seconds, whatever it was about, however often its client would try again.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafka } from '../../../scripts/services/kafka.ts'
import type { Service } from '../../../scripts/services/service.ts'
import { publish, testKafka } from '../../../test/kafka.ts'
import { missing } from '../../../test/services/shared.ts'
import { consume } from '../consume.ts'
import { memoryStore } from '../stores/memory.ts'
import { worldOf } from '../world.testing.ts'
import { kafkaTopics } from './kafka.ts'

/** A broker of its own: it is killed. */
let broker: Service | undefined
let skip: string | false = false
try {
  broker = await kafka.start()
} catch (error) {
  skip = missing(kafka.name, error)
}
after(() => broker?.[Symbol.asyncDispose]())

const STOPPED_WITHIN_MS = 8_000

test('told to stop while the broker is away, it stops', { skip, timeout: 120_000 }, async (t) => {
  const client = testKafka(broker?.address ?? '')
  const { feed } = worldOf(3_000, 100, Math.random)
  await publish(
    client,
    ['t.trade'],
    feed.map((record) => ({ topic: 't.trade', key: record.entityId, value: JSON.stringify(record) })),
  )

  let handled = 0
  async function stopping(groupId: string, handle: () => Promise<void>, until: () => Promise<unknown>): Promise<void> {
    const stop = new AbortController()
    const source = kafkaTopics({ kafka: client, groupId, topics: ['t.trade'] })
    const consumer = { store: memoryStore(), strategy: 'contiguous', handle } as const
    const consuming = consume(consumer, source, { signal: stop.signal, onTrouble: () => undefined })
    await until()
    const told = performance.now()
    stop.abort()
    await consuming
    const took = Math.round(performance.now() - told)
    t.diagnostic(`${groupId}: ${took} ms`)
    assert.ok(took < STOPPED_WITHIN_MS, `${groupId}: ${took} ms`)
  }

  await stopping(
    'acknowledging',
    async () => {
      handled++
      await sleep(100)
    },
    async () => {
      while (handled === 0) await sleep(20)
      await broker?.kill()
      await sleep(1_000)
    },
  )
  await stopping(
    'connecting',
    () => Promise.resolve(),
    () => sleep(1_000),
  )
})
