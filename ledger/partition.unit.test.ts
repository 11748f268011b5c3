// Promises: TypeScript's half of partition-vectors.json; partition.int.test.ts holds SQL to the same file.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf, partitionOfOwner } from './partition.ts'
import vectors from './partition-vectors.json' with { type: 'json' }

test('the partition is the first 32 bits of SHA-256(owner), modulo their number', () => {
  for (const { owner, word, partitions } of vectors) {
    for (const [count, partition] of Object.entries(partitions)) {
      assert.equal(partition, word % Number(count))
      assert.equal(partitionOfOwner(owner, Number(count)), partition, `${owner} of ${count}`)
      assert.equal(partitionOf(`trade:${owner}:T-1`, Number(count)), partition)
    }
  }
})

test('everything of one owner is in one partition', () => {
  for (const id of ['trade:alice:1', 'account:alice:USD', 'ticket:alice:x.y'])
    assert.equal(partitionOf(id, 256), partitionOfOwner('alice', 256))
})
