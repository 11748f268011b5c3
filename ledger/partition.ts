// The partition of an entity: the first 32 bits of SHA-256(owner), big-endian, mod P. `ledger.partition_of` in schema.sql is its twin; partition.unit.test.ts holds both to the same vectors.
import { hash } from 'node:crypto'
import { ownerOf, type EntityId } from './entity-id.ts'

const REMEMBERED_OWNERS = 10_000
/** Asked for several times per command: a cache that keeps order would cost as much as it saves, so it forgets all when it is full. */
const words = new Map<string, number>()

function wordOf(owner: string): number {
  let word = words.get(owner)
  if (word === undefined) {
    if (words.size >= REMEMBERED_OWNERS) words.clear()
    words.set(owner, (word = hash('sha256', owner, 'buffer').readUInt32BE(0)))
  }
  return word
}

export const partitionOfOwner = (owner: string, partitions: number): number => wordOf(owner) % partitions
export const partitionOf = (id: EntityId, partitions: number): number => partitionOfOwner(ownerOf(id), partitions)
