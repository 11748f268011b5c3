// The feed in Kafka: a topic per kind, in the order of positions for each owner. Promises every version at least once, and none from a process that was taken over from: there is a transactional producer per
// partition of the ledger, which fences the one before, and the place that was reached is written in the transaction of its versions. Whoever reads dedupes on (entityId, version).
import { kinds } from '../../../ledger/entities/index.ts'
import type { VersionRecord } from '../../../ledger/record.ts'
import { Poisoned } from '../../fold.ts'
import type { Advanced, IsSkipped, Relay, Target } from '../../runner/target.ts'
import type { Place } from '../sink.ts'
import {
  MessageTooLarge,
  kafkaClient,
  type FencedProducer,
  type KafkaClient,
  type Message,
  type Messages,
  type Security,
  type Topic,
} from './client.ts'
import { bytesOf, messageOf, topicOf } from './message.ts'
import { placeMessages, placesTopic, readPlaces } from './places.ts'

/** Of messages in one request, unless one alone has more. */
export const MAX_REQUEST_BYTES = 786_432
/** The largest message that the topics take which the relay makes. */
export const MAX_MESSAGE_BYTES = 8_388_608

export interface KafkaRelayOptions {
  /** host:port of some of the cluster. */
  readonly brokers: readonly string[]
  /** Default: neither TLS nor credentials. */
  readonly security?: Security
  readonly name?: string
  /** `ce_source` of every message. */
  readonly source?: string
  /** What topics begin with: another one for each ledger that publishes to the same cluster. */
  readonly prefix?: string
}

export function kafkaRelay({ brokers, security, name = 'kafka', source = 'strata', prefix = 'strata' }: KafkaRelayOptions): Relay {
  const end = new AsyncDisposableStack()
  return {
    name,
    async open(partitions, isSkipped) {
      const target = relayTarget(end.use(await kafkaClient(brokers, security)), { partitions, isSkipped, source, prefix })
      return end.use(target)
    },
    [Symbol.asyncDispose]: () => end.disposeAsync(),
  }
}

/** Kept for ever, so that a new reader can begin at the beginning; its owner may set it otherwise. */
const feedTopic = (name: string, partitions: number): Topic => ({
  name,
  partitions,
  config: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'max.message.bytes': String(MAX_MESSAGE_BYTES) },
})

interface Context {
  readonly partitions: number
  readonly isSkipped: IsSkipped
  readonly source: string
  readonly prefix: string
}

function relayTarget(client: KafkaClient, { partitions, isSkipped, source, prefix }: Context): Target & AsyncDisposable {
  const places = `${prefix}.places`
  const producers = new Map<number, FencedProducer>()
  let counts: ReadonlyMap<string, number> = new Map()

  async function renew(partition: number): Promise<FencedProducer> {
    await producers.get(partition)?.[Symbol.asyncDispose]()
    producers.delete(partition)
    const producer = await client.producer(`${prefix}.relay.${partition}`)
    producers.set(partition, producer)
    return producer
  }

  async function close(): Promise<void> {
    await Promise.all([...producers.values()].map((producer) => producer[Symbol.asyncDispose]()))
    producers.clear()
  }

  function chunksOf(records: readonly VersionRecord[], limit: number): readonly Chunk[] {
    const chunks: Chunk[] = []
    let bytes = Infinity
    for (const record of records) {
      const topic = topicOf(prefix, record.kind)
      const message = messageOf(record, counts.get(topic) ?? partitions, source)
      bytes += bytesOf(message)
      if (bytes > limit) {
        chunks.push({ records: [], messages: new Map() })
        bytes = bytesOf(message)
      }
      const chunk = chunks.at(-1)
      chunk?.records.push(record)
      const messages = chunk?.messages.get(topic)
      if (messages) messages.push(message)
      else chunk?.messages.set(topic, [message])
    }
    return chunks
  }

  /** Versions of one partition, in one transaction with the place of the last one. */
  async function publish(partition: number, records: readonly VersionRecord[]): Promise<Published> {
    const left = new Set<VersionRecord>()
    let passed = records
    let poisoned: Poisoned | undefined
    for (let limit = MAX_REQUEST_BYTES; ;) {
      const last = passed.at(-1)
      if (!last) return { partition, poisoned }
      const place = { position: last.position, recordedAt: last.recordedAt }
      const chunks = chunksOf(
        passed.filter((record) => !left.has(record)),
        limit,
      )
      const producer = producers.get(partition)
      if (!producer) throw new TypeError(`the place in partition ${partition} was not asked for`)
      try {
        await producer.publish(
          withPlace(
            chunks.map(({ messages }) => messages),
            placeMessages(places, partition, place),
          ),
        )
        return { partition, place, poisoned }
      } catch (error) {
        const refused = error instanceof MessageTooLarge ? chunks[error.chunk]?.records : undefined
        const [record] = refused ?? []
        if (!refused || !record) throw error
        await renew(partition)
        if (refused.length > 1) limit /= 4
        else if (await isSkipped(record)) left.add(record)
        else {
          poisoned = new Poisoned(record, error)
          passed = passed.filter(({ position }) => position < record.position)
        }
      }
    }
  }

  return {
    async places(held) {
      await close()
      const feedTopics = Object.keys(kinds).map((kind) => feedTopic(topicOf(prefix, kind), partitions))
      counts = await client.ensureTopics([...feedTopics, placesTopic(places, partitions)])
      if ((counts.get(places) ?? 0) < partitions)
        throw new Error(
          `the topic ${places} has ${counts.get(places)} partitions, and needs the ${partitions} of the ledger: delete it, or add some`,
        )
      await allOf(held.map(renew))
      return readPlaces(client, places, producers)
    },
    async apply(page): Promise<Advanced> {
      const parts = [...Map.groupBy(page, ({ partition }) => partition)]
      const published = await allOf(parts.map(([partition, records]) => publish(partition, records)))
      return {
        places: new Map(published.flatMap(({ partition, place }) => (place ? [[partition, place] as const] : []))),
        poisoned: published.flatMap(({ poisoned }) => poisoned ?? []),
      }
    },
    [Symbol.asyncDispose]: close,
  }
}

interface Chunk {
  readonly records: VersionRecord[]
  readonly messages: Map<string, Message[]>
}

/** The place goes with the last of the versions. */
const withPlace = (chunks: readonly Messages[], place: Messages): readonly Messages[] => [
  ...chunks.slice(0, -1),
  new Map([...(chunks.at(-1) ?? []), ...place]),
]

interface Published {
  readonly partition: number
  readonly place?: Place
  readonly poisoned: Poisoned | undefined
}

/** All of them have ended when it throws what the first one threw. */
async function allOf<Result>(works: readonly Promise<Result>[]): Promise<readonly Result[]> {
  const outcomes = await Promise.allSettled(works)
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
