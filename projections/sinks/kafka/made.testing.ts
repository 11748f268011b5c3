// A ledger that never was, for tests of the relay; and whether what readers find in Kafka is it.
import assert from 'node:assert/strict'
import { ownerOf } from '../../../ledger/entity-id.ts'
import { partitionOfOwner } from '../../../ledger/partition.ts'
import type { VersionRecord } from '../../../ledger/record.ts'
import type { Found } from '../../../test/services/topics.ts'
import { version } from '../made-up.testing.ts'

export const PARTITIONS = 4

const OWNERS = ['o0', 'o1', 'o2', 'o3', 'o4', 'o5']
/** The nth version of a made-up ledger: places are dense, by partition. */
export function made(count: number): readonly VersionRecord[] {
  const positions = new Map<number, number>()
  return Array.from({ length: count }, (_, n) => {
    const owner = OWNERS[n % OWNERS.length] ?? ''
    const partition = partitionOfOwner(owner, PARTITIONS)
    const position = (positions.get(partition) ?? 0) + 1
    positions.set(partition, position)
    const kind = n % 3 === 0 ? 'ticket' : 'trade'
    return { ...version(n), entityId: `${kind}:${owner}:E-${n % 11}`, kind, version: Math.floor(n / 66) + 1, partition, position }
  })
}

export const all = Array.from({ length: PARTITIONS }, (_, partition) => partition)
const byPlace = (a: VersionRecord, b: VersionRecord): number => a.partition - b.partition || a.position - b.position
const recordOf = ({ value }: Found): VersionRecord => JSON.parse(value) as VersionRecord

/** After the consumer's dedupe it is the ledger, and in each partition of a topic an owner's versions first came in their order. */
export function assertIs(found: readonly Found[], expected: readonly VersionRecord[]): void {
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
