// A version as a message of Kafka: keyed by its entity, a CloudEvent 1.0 in binary mode, in the partition that its owner's hash says: the same in every topic, whatever the client.
import { ownerOf } from '../../../ledger/entity-id.ts'
import { partitionOfOwner } from '../../../ledger/partition.ts'
import type { VersionRecord } from '../../../ledger/record.ts'
import type { Message } from './client.ts'

export const topicOf = (prefix: string, kind: string): string => `${prefix}.${kind}`

/** `partitions`: of its topic. `source`: what the events are from. */
export function messageOf(record: VersionRecord, partitions: number, source: string): Message {
  const { entityId, version, event, recordedAt } = record
  return {
    key: entityId,
    value: JSON.stringify(record),
    partition: partitionOfOwner(ownerOf(entityId), partitions),
    timestamp: String(Date.parse(recordedAt)),
    headers: {
      ce_specversion: '1.0',
      ce_id: `${entityId}@${version}`,
      ce_type: event,
      ce_source: source,
      ce_subject: entityId,
      ce_time: recordedAt,
      ce_datacontenttype: 'application/json',
      'content-type': 'application/json',
    },
  }
}

/** Of the parts that are not the value, about. */
const OVERHEAD_BYTES = 500

export const bytesOf = ({ value }: Message): number => Buffer.byteLength(value) + OVERHEAD_BYTES
