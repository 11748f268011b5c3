// How far the relay is, kept in Kafka beside what it has published: a compacted topic with a partition for each of the ledger's, written in the same transaction as the versions.
import { randomUUID } from 'node:crypto'
import type { Instant } from '../../../ledger/instant.ts'
import type { Place, Places } from '../sink.ts'
import type { FencedProducer, KafkaClient, Message, Messages, Topic } from './client.ts'

const PLACE = 'place'
const END = 'end'

/** Compacted often: it is read from its beginning when partitions are taken over. */
export const placesTopic = (name: string, partitions: number): Topic => ({
  name,
  partitions,
  config: { 'cleanup.policy': 'compact', 'segment.ms': '600000', 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0.1' },
})

export const placeMessages = (topic: string, partition: number, { position, recordedAt }: Place): Messages =>
  only(topic, { key: PLACE, value: JSON.stringify({ position, recordedAt }), partition })

/** Whatever a producer before these ones has published counts: a mark is written behind it, and read up to. */
export async function readPlaces(client: KafkaClient, topic: string, producers: ReadonlyMap<number, FencedProducer>): Promise<Places> {
  if (producers.size === 0) return new Map()
  const mark = randomUUID()
  await Promise.all([...producers].map(([partition, producer]) => producer.publish([only(topic, { key: END, value: mark, partition })])))
  const places = new Map<number, Place>()
  const left = new Set(producers.keys())
  await client.readUntil(topic, ({ key, value, partition }) => {
    if (key === PLACE) places.set(partition, JSON.parse(value) as { readonly position: number; readonly recordedAt: Instant })
    else if (value === mark) left.delete(partition)
    return left.size === 0
  })
  return new Map([...places].filter(([partition]) => producers.has(partition)))
}

const only = (topic: string, message: Message): Messages => new Map([[topic, [message]]])
