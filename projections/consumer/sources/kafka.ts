// Topics of the relay, as a group of Kafka consumers. The offsets are committed when the store has what came before them, never earlier; what Kafka then delivers again is known again.
import type { Kafka } from 'kafkajs'
import type { Source } from '../consume.ts'
import { NotARecord } from '../failure.ts'
import { recordOf, type VersionRecord } from '../record.ts'
import { handOver } from './hand-over.ts'

export interface KafkaTopicsOptions {
  /** The caller's own client, with its brokers and credentials: `new Kafka({ clientId, brokers })`. */
  readonly kafka: Kafka
  readonly groupId: string
  /** `strata.trade` … */
  readonly topics: readonly string[]
}

const MESSAGES_AT_A_TIME = 500
const SESSION_TIMEOUT_MS = 15_000
const LONGEST_FETCH_MS = 500
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 }

interface Message {
  readonly offset: string
  readonly value: Buffer | null
}

interface Messages {
  readonly topic: string
  readonly partition: number
  readonly messages: readonly Message[]
}

const lastOf = ({ messages }: Messages): string => messages.at(-1)?.offset ?? ''

/** A consumer that has died or failed is not revived, but replaced: what it threw is thrown here, and consume begins again. */
export function kafkaTopics({ kafka, groupId, topics }: KafkaTopicsOptions): Source {
  return {
    name: `kafka ${groupId}`,
    async *read(_, signal) {
      const consumer = kafka.consumer({ groupId, sessionTimeout: SESSION_TIMEOUT_MS, maxWaitTimeInMs: LONGEST_FETCH_MS, retry: RETRY })
      const arrivals = handOver<Messages>(signal)
      consumer.on('consumer.crash', ({ payload }) => {
        if (!payload.restart) arrivals.fail(payload.error)
      })
      try {
        await consumer.connect()
        await consumer.subscribe({ topics: [...topics], fromBeginning: true })
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          async eachBatch(given) {
            const { topic, partition, messages } = given.batch
            for (let from = 0; from < messages.length && given.isRunning() && !given.isStale(); from += MESSAGES_AT_A_TIME) {
              const some = { topic, partition, messages: messages.slice(from, from + MESSAGES_AT_A_TIME) }
              if (!(await arrivals.over(some))) return
              given.resolveOffset(lastOf(some))
              await given.heartbeat()
            }
          },
        })
        for await (const some of arrivals.all()) {
          const next = { topic: some.topic, partition: some.partition, offset: String(BigInt(lastOf(some)) + 1n) }
          yield { records: some.messages.flatMap((message) => recordsIn(message, some)), acknowledge: () => consumer.commitOffsets([next]) }
        }
      } finally {
        arrivals.close()
        await consumer.disconnect()
      }
    },
  }
}

/** A message without a value is a tombstone of a compacted topic: it says nothing of a version. */
function recordsIn({ value, offset }: Message, { topic, partition }: Messages): readonly VersionRecord[] {
  if (value === null) return []
  try {
    return [recordOf(JSON.parse(value.toString('utf8')))]
  } catch (error) {
    throw new NotARecord(`${topic}, partition ${partition}, offset ${offset}: ${error instanceof Error ? error.message : 'no JSON'}`)
  }
}
