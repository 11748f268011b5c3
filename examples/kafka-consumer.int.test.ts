// The Kafka consumer with a real broker, killed on the way: its copy holds every entity's newest state; and it is as short as it says.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import pg from 'pg'
import { openLedger } from '../ledger/index.ts'
import { anySeed } from '../projections/consumer/stores/contract.testing.ts'
import { chanceOf, deliveriesOf } from '../projections/consumer/world.testing.ts'
import { amended, appendUnit, edited, opened, submitted } from '../test/append-unit.ts'
import { testDatabase } from '../test/database.ts'
import { startExample } from '../test/example.ts'
import { publish, testKafka } from '../test/kafka.ts'
import { sharedKafka } from '../test/services/shared.ts'
import { server } from '../test/strata.ts'

const { address, skip } = await sharedKafka()

test('it has fewer than 60 lines', async () => {
  assert.ok((await readFile(join(import.meta.dirname, 'kafka-consumer.ts'), 'utf8')).split('\n').length < 60)
})

test('the newest state of every entity, whatever comes twice or late', { skip, timeout: 120_000 }, async (t) => {
  const seed = anySeed()
  t.diagnostic(`STRATA_TEST_SEED=${seed}`)
  const chance = chanceOf(seed)
  await using database = await testDatabase()
  await using own = await testDatabase({ migrate: false })
  await using ledger = await openLedger({ url: database.url })
  await using running = await server({ STRATA_DATABASE_URL: database.url })
  for (let n = 0; n < 30; n++) {
    await appendUnit(ledger, [submitted(`trade:owner${n % 3}:${n}`)])
    await appendUnit(ledger, [opened(`ticket:owner${n % 3}:${n}`)])
    for (let v = 0; v < 4; v++) {
      await appendUnit(ledger, [amended(`trade:owner${n % 3}:${n}`, { price: String(v + 2) })])
      await appendUnit(ledger, [edited(`ticket:owner${n % 3}:${n}`, { subject: `s${v}` })])
    }
  }
  const feed = (await ledger.feed.read(ledger.feed.beginning, 1_000)).versions
  assert.equal(feed.length, 300)
  const prefix = `strata_test_${randomUUID()}`
  const topics = ['trade', 'account', 'ticket'].map((kind) => `${prefix}.${kind}`)
  const deliveries = deliveriesOf(feed, { doubled: 0.3, dropped: 0, delayed: 0.5, delay: 100 }, chance)
  await publish(
    testKafka(address),
    topics,
    deliveries.map((record) => ({ topic: `${prefix}.${record.kind}`, key: record.entityId, value: JSON.stringify(record) })),
  )

  const copy = new pg.Pool({ connectionString: own.url, max: 1 })
  const count = async (sql: string): Promise<number> => (await copy.query(sql).catch(() => undefined))?.rows[0]?.n ?? 0
  const env = { KAFKA_BROKERS: address, COPY_DATABASE_URL: own.url, KAFKAJS_NO_PARTITIONER_WARNING: '1' }
  const example = { name: 'kafka-consumer', args: ['--url', running.url, '--prefix', prefix], env }
  try {
    const first = startExample(example)
    while ((await count('select count(*)::integer as n from entities')) === 0 && first.child.exitCode === null) await sleep(5)
    first.child.kill('SIGKILL')
    await first.ended
    const second = startExample(example)
    const received = 'select count(*)::integer as n from kafka_consumer.received'
    while ((await count(received)) < feed.length && second.child.exitCode === null) await sleep(50)
    second.child.kill('SIGTERM')
    await second.ended
    assert.equal(second.child.exitCode, 0)
    const latest = await ledger.database.query(
      'select entity_id, version, state from ledger.versions where latest order by entity_id collate "C"',
    )
    assert.deepEqual((await copy.query('select * from entities order by entity_id collate "C"')).rows, latest.rows)
  } finally {
    await copy.end()
  }
})
