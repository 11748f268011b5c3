// The partition of an entity: the first 32 bits of SHA-256(owner), big-endian, mod P. `ledger.partition_of` in schema.sql is its twin; partition.unit.test.ts holds both to the same vectors.
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { ownerOf, type EntityId } from './entity-id.ts'

const REMEMBERED_OWNERS = 10_000
const words = new LRUCache<string, number>({ max: REMEMBERED_OWNERS })

function wordOf(owner: string): number {
  let word = words.get(owner)
  if (word === undefined) words.set(owner, (word = hash('sha256', owner, 'buffer').readUInt32BE(0)))
  return word
}

export const partitionOfOwner = (owner: string, partitions: number): number => wordOf(owner) % partitions
export const partitionOf = (id: EntityId, partitions: number): number => partitionOfOwner(ownerOf(id), partitions)
