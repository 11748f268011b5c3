// The Kafka consumer behind the real relay and a real broker, killed on the way: its copy holds every entity's newest state; and it is as short as it says.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { feedOf, inState } from '../projections/runner/projected.testing.ts'
import { projector } from '../projections/runner/projector.ts'
import { RELAYED } from '../projections/runner/target.ts'
import { kafkaRelay } from '../projections/sinks/kafka/relay.ts'
import { amended, appendUnit, edited, opened, submitted } from '../test/append-unit.ts'
import { testDatabase } from '../test/database.ts'
import { startExample } from '../test/example.ts'
import { sharedKafka } from '../test/services/shared.ts'
import { server } from '../test/strata.ts'

const { address, skip } = await sharedKafka()

test('it has fewer than 60 lines', async () => {
  assert.ok((await readFile(join(import.meta.dirname, 'kafka-consumer.ts'), 'utf8')).split('\n').length < 60)
})

const names = Array.from({ length: 30 }, (_, n) => `owner${n % 3}:${n}`)

async function begin(ledger: Ledger): Promise<void> {
  for (const name of names) await appendUnit(ledger, [submitted(`trade:${name}`), opened(`ticket:${name}`)])
}
async function change(ledger: Ledger, to: string): Promise<void> {
  for (const name of names) {
    await appendUnit(ledger, [amended(`trade:${name}`, { price: to })])
    await appendUnit(ledger, [edited(`ticket:${name}`, { subject: to })])
  }
}

/** As a second server would that had not heard how far the first one was: it fences that one off, and the first one it in turn. */
async function publishAgain(ledger: Ledger, prefix: string): Promise<void> {
  await using another = kafkaRelay({ brokers: [address], prefix })
  const target = await another.open(ledger.partitions, () => Promise.resolve(false))
  await target.places(Array.from({ length: ledger.partitions }, (_, partition) => partition))
  await target.apply(await feedOf(ledger))
}

test('the newest state of every entity, whatever comes again', { skip, timeout: 120_000 }, async () => {
  await using database = await testDatabase({ partitions: 4 })
  await using own = await testDatabase({ migrate: false })
  await using ledger = await openLedger({ url: database.url })
  await using running = await server({ STRATA_DATABASE_URL: database.url })
  const prefix = `strata_test_${randomUUID()}`
  await using relay = kafkaRelay({ brokers: [address], prefix })
  let fenced = 0
  await using one = projector({
    ledger,
    sinks: [],
    projections: [],
    relays: [relay],
    onChange: (_, { to }) => void (to === 'failing' && fenced++),
  })
  await begin(ledger)
  await change(ledger, '2')

  const copy = new pg.Pool({ connectionString: own.url, max: 1 })
  const count = async (sql: string): Promise<number> => (await copy.query(sql).catch(() => undefined))?.rows[0]?.n ?? 0
  const env = { KAFKA_BROKERS: address, COPY_DATABASE_URL: own.url, KAFKAJS_NO_PARTITIONER_WARNING: '1' }
  const example = { name: 'kafka-consumer', args: ['--url', running.url, '--prefix', prefix], env }
  try {
    const first = startExample(example)
    while ((await count('select count(*)::integer as n from entities')) === 0 && first.child.exitCode === null) await sleep(5)
    first.child.kill('SIGKILL')
    await first.ended
    await inState(one, { sink: relay.name, view: RELAYED }, ({ lag }) => lag.versions === 0)
    await publishAgain(ledger, prefix)
    await change(ledger, '3')
    const { length } = await feedOf(ledger)
    const second = startExample(example)
    const received = 'select count(*)::integer as n from kafka_consumer.received'
    while ((await count(received)) < length && second.child.exitCode === null) await sleep(50)
    second.child.kill('SIGTERM')
    await second.ended
    assert.equal(second.child.exitCode, 0)
    assert.ok(fenced > 0)
    const latest = await ledger.database.query(
      'select entity_id, version, state from ledger.versions where latest order by entity_id collate "C"',
    )
    assert.deepEqual((await copy.query('select * from entities order by entity_id collate "C"')).rows, latest.rows)
  } finally {
    await copy.end()
  }
})
