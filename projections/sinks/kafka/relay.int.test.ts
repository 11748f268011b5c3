// Promises: what is in Kafka is the ledger, version for version, whatever died on the way; duplicates are the only thing that a reader has to expect.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { ownerOf } from '../../../ledger/entity-id.ts'
import { partitionOfOwner } from '../../../ledger/partition.ts'
import type { VersionRecord } from '../../../ledger/record.ts'
import { heapBytes } from '../../../test/heap.ts'
import { sharedKafka } from '../../../test/services/shared.ts'
import { committed } from '../../../test/services/topics.ts'
import { BATCH_VERSIONS } from '../../runner/pages.ts'
import { all, assertIs, made, PARTITIONS } from './made.testing.ts'
import { kafkaRelay, MAX_MESSAGE_BYTES, type KafkaRelayOptions } from './relay.ts'

const { address: brokers, skip } = await sharedKafka()
const never = () => Promise.resolve(false)

/** A relay's target on topics of its own. */
async function opening(options: Partial<KafkaRelayOptions> = {}) {
  const prefix = options.prefix ?? `t${randomUUID().slice(0, 8)}`
  const relay = kafkaRelay({ brokers: [brokers], ...options, prefix })
  return { prefix, target: await relay.open(PARTITIONS, never), [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

test('every version once, in its topic and partition, with the headers of a CloudEvent', { skip }, async () => {
  await using one = await opening({ source: 'https://ledger.example' })
  const records = made(200)
  assert.deepEqual(await one.target.places(all), new Map())
  const { places, poisoned } = await one.target.apply(records)
  assert.equal(poisoned.length, 0)
  const found = await committed(brokers, one.prefix)
  assert.equal(found.length, records.length)
  assertIs(found, records)
  for (const { topic, partition, key, headers, value } of found) {
    const record = JSON.parse(value) as VersionRecord
    assert.deepEqual(
      [topic, partition, key],
      [`${one.prefix}.${record.kind}`, partitionOfOwner(ownerOf(record.entityId), PARTITIONS), record.entityId],
    )
    assert.deepEqual(headers, {
      ce_specversion: '1.0',
      ce_id: `${record.entityId}@${record.version}`,
      ce_type: record.event,
      ce_source: 'https://ledger.example',
      ce_subject: record.entityId,
      ce_time: record.recordedAt,
      ce_datacontenttype: 'application/json',
      'content-type': 'application/json',
    })
  }
  assert.deepEqual(await one.target.places(all), places)
})

test('published again from an earlier place, the reader finds nothing new', { skip }, async () => {
  await using one = await opening()
  const records = made(120)
  await one.target.places(all)
  for (const [from, to] of [
    [0, 50],
    [20, 90],
    [90, 91],
    [60, 120],
    [119, 120],
  ] as const)
    await one.target.apply(records.slice(from, to))
  assertIs(await committed(brokers, one.prefix), records)
  assert.equal((await one.target.places([0])).size, 1)
})

test('a relay that was taken over from publishes nothing more', { skip }, async () => {
  await using zombie = await opening()
  await using successor = await opening({ prefix: zombie.prefix })
  const records = made(90)
  await zombie.target.places(all)
  await zombie.target.apply(records.slice(0, 30))
  const places = await successor.target.places(all)
  assert.deepEqual(places.get(records[29]?.partition ?? -1)?.position, records[29]?.position)
  await assert.rejects(zombie.target.apply(records.slice(30, 60)), /old epoch|newer producer|fenced/i)
  await successor.target.apply(records.slice(30, 90))
  await assert.rejects(zombie.target.apply(records.slice(30, 60)))
  const found = await committed(brokers, zombie.prefix)
  assert.equal(found.length, records.length)
  assertIs(found, records)
})

test('a version that no message can hold stops its partition only, and is passed when it is skipped', { skip }, async () => {
  const prefix = `t${randomUUID().slice(0, 8)}`
  const skipped = new Set<string>()
  await using relay = kafkaRelay({ brokers: [brokers], prefix })
  const target = await relay.open(PARTITIONS, (record) => Promise.resolve(skipped.has(record.entityId)))
  const records = made(40).map((record, n) =>
    n === 20
      ? { ...record, entityId: `trade:${ownerOf(record.entityId)}:LARGE`, kind: 'trade', data: { text: 'x'.repeat(MAX_MESSAGE_BYTES) } }
      : record,
  )
  const large = records[20] as VersionRecord
  await target.places(all)
  const { places, poisoned } = await target.apply(records)
  assert.deepEqual(
    poisoned.map(({ record, message }) => [record.entityId, /max\.message\.bytes/.test(message)]),
    [[large.entityId, true]],
  )
  assert.equal(places.get(large.partition)?.position ?? 0, large.position - 1)
  const isBefore = (record: VersionRecord): boolean => record.partition !== large.partition || record.position < large.position
  assertIs(await committed(brokers, prefix), records.filter(isBefore))
  skipped.add(large.entityId)
  await target.apply(records.filter((record) => !isBefore(record)))
  assertIs(
    await committed(brokers, prefix),
    records.filter((record) => record !== large),
  )
})

const MANY = process.env['STRATA_TEST_LONG'] ? 100_000 : 20_000
const MAX_GROWTH_BYTES = 12_000_000

test(`${MANY.toLocaleString('en')} versions take no more memory than a few`, { skip, timeout: 600_000 }, async (t) => {
  await using one = await opening()
  const records = made(MANY)
  await one.target.places(all)
  const start = performance.now()
  let [least, most] = [Infinity, 0]
  for (let from = 0; from < MANY; from += BATCH_VERSIONS) {
    await one.target.apply(records.slice(from, from + BATCH_VERSIONS))
    if (from % (MANY / 10) !== 0 || from === 0) continue
    const bytes = heapBytes()
    least = Math.min(least, bytes)
    most = Math.max(most, bytes)
  }
  t.diagnostic(
    `heap ${Math.round(least / 1e6)} to ${Math.round(most / 1e6)} MB, ${Math.round(MANY / ((performance.now() - start) / 1_000))} versions/s`,
  )
  assert.ok(most - least < MAX_GROWTH_BYTES, `the heap grew from ${least} to ${most} bytes`)
  assert.equal((await committed(brokers, one.prefix)).length, MANY)
})
