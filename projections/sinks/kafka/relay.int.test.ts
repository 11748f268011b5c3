// Promises: what is in Kafka is the ledger, version for version, whatever died on the way; duplicates are the only thing that a reader has to expect.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openLedger, type Ledger } from '../../../ledger/index.ts'
import { ownerOf } from '../../../ledger/entity-id.ts'
import { partitionOfOwner } from '../../../ledger/partition.ts'
import type { VersionRecord } from '../../../ledger/record.ts'
import { amended, appendUnit, opened, submitted } from '../../../test/append-unit.ts'
import { testDatabase, type TestDatabase } from '../../../test/database.ts'
import { heapBytes } from '../../../test/heap.ts'
import { sharedKafka } from '../../../test/services/shared.ts'
import { committed, type Found } from '../../../test/services/topics.ts'
import type { Target } from '../../runner/target.ts'
import { version } from '../contract.testing.ts'
import { kafkaRelay, type KafkaRelayOptions } from './relay.ts'

const { address: brokers, skip } = await sharedKafka()
const PARTITIONS = 4
const never = () => Promise.resolve(false)

/** A relay's target on topics of its own. */
async function opening(options: Partial<KafkaRelayOptions> = {}) {
  const prefix = options.prefix ?? `t${randomUUID().slice(0, 8)}`
  const relay = kafkaRelay({ brokers: [brokers], ...options, prefix })
  return { prefix, target: await relay.open(PARTITIONS, never), [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

const owners = ['o0', 'o1', 'o2', 'o3', 'o4', 'o5']
/** The nth version of a made-up ledger: places are dense, by partition. */
function made(count: number): readonly VersionRecord[] {
  const positions = new Map<number, number>()
  return Array.from({ length: count }, (_, n) => {
    const owner = owners[n % owners.length] ?? ''
    const partition = partitionOfOwner(owner, PARTITIONS)
    const position = (positions.get(partition) ?? 0) + 1
    positions.set(partition, position)
    const kind = n % 3 === 0 ? 'ticket' : 'trade'
    return { ...version(n), entityId: `${kind}:${owner}:E-${n % 11}`, kind, version: Math.floor(n / 66) + 1, partition, position }
  })
}

const all = Array.from({ length: PARTITIONS }, (_, partition) => partition)
const byPlace = (a: VersionRecord, b: VersionRecord): number => a.partition - b.partition || a.position - b.position
const recordOf = ({ value }: Found): VersionRecord => JSON.parse(value) as VersionRecord

/** After the consumer's dedupe it is the ledger, and in each partition of a topic an owner's versions first came in their order. */
function assertIs(found: readonly Found[], expected: readonly VersionRecord[]): void {
  const seen = new Map<string, VersionRecord>()
  const last = new Map<string, number>()
  for (const one of found) {
    const record = recordOf(one)
    const id = `${record.partition}:${record.position}`
    if (seen.has(id)) continue
    seen.set(id, record)
    const line = `${one.topic} ${one.partition} ${ownerOf(record.entityId)}`
    assert.ok(record.position > (last.get(line) ?? 0), `${line}: ${record.position} after ${last.get(line)}`)
    last.set(line, record.position)
  }
  assert.deepEqual([...seen.values()].toSorted(byPlace), expected.toSorted(byPlace))
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
  await assert.rejects(zombie.target.apply(records.slice(30, 60)), /newer epoch|fenced|invalid.*epoch|older epoch/i)
  await successor.target.apply(records.slice(30, 90))
  await assert.rejects(zombie.target.apply(records.slice(30, 60)))
  const found = await committed(brokers, zombie.prefix)
  assert.equal(found.length, records.length)
  assertIs(found, records)
})
