// Promises: what readers of committed messages find in topics that begin with a prefix, from their beginning to their end; and the words that tests of the relay need.
import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'

export interface Found {
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 30 }
/** Nothing more comes: this long after the last message. */
const QUIET_MS = 1_500

export async function committed(brokers: string, prefix: string): Promise<readonly Found[]> {
  const kafka = new Kafka({ clientId: 'strata-test', brokers: [brokers], retry: RETRY, logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`) && !topic.endsWith('.places'))
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId: `strata-test-${randomUUID()}`, maxWaitTimeInMs: 100, retry: RETRY })
  const found: Found[] = []
  await consumer.connect()
  for (const topic of topics) await consumer.subscribe({ topic, fromBeginning: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  let timer = setTimeout(resolve, QUIET_MS * 4)
  await consumer.run({
    autoCommit: false,
    eachMessage({ topic, partition, message: { key, value, headers = {} } }) {
      timer.refresh()
      const texts = Object.entries(headers).map(([name, text]) => [name, String(text)])
      found.push({ topic, partition, key: String(key), value: String(value), headers: Object.fromEntries(texts) })
      return Promise.resolve()
    },
  })
  consumer.on('consumer.group_join', () => {
    clearTimeout(timer)
    timer = setTimeout(resolve, QUIET_MS)
  })
  await promise
  await consumer.disconnect()
  return found
}
