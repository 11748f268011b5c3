// Topics of the relay, as a group of Kafka consumers. The offsets are committed when the store has what came before them, never earlier; what Kafka then delivers again is known again.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer as KafkaConsumer, Kafka } from 'kafkajs'
import type { Source } from '../consume.ts'
import { NotARecord } from '../failure.ts'
import { recordOf, type VersionRecord } from '../record.ts'
import { handOver, type HandOver } from './hand-over.ts'

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
/** Some ten seconds: a broker that is back by then still knows this member. Who comes as a new one waits until the session of the one before has run out. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 12 }
/** What is asked of a broker that is away takes as long as the client's own retries: whoever stops does not wait for that longer than this. */
const GOODBYE_MS = 3_000

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
        await unlessStopped(start(consumer, topics, arrivals), signal)
        for await (const some of arrivals.all()) {
          const next = { topic: some.topic, partition: some.partition, offset: String(BigInt(lastOf(some)) + 1n) }
          yield {
            records: some.messages.flatMap((message) => recordsIn(message, some)),
            acknowledge: () => unlessStopped(consumer.commitOffsets([next]), signal),
          }
        }
      } finally {
        arrivals.close()
        await Promise.race([consumer.disconnect().catch(() => undefined), sleep(GOODBYE_MS, undefined, { ref: false })])
      }
    },
  }
}

async function start(consumer: KafkaConsumer, topics: readonly string[], arrivals: HandOver<Messages>): Promise<void> {
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
}

/** Done, or not waited for any more: what is not acknowledged comes again, and is known again. */
async function unlessStopped(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const stop = (): void => void setTimeout(resolve, GOODBYE_MS).unref()
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([work, over])
  } finally {
    signal.removeEventListener('abort', stop)
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
