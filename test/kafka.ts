// For tests of consumers: a client of a Kafka broker that is there (services/shared.ts), and something to consume.
import { Kafka, logLevel } from 'kafkajs'

export const testKafka = (brokers: string): Kafka =>
  new Kafka({
    clientId: 'strata-test',
    brokers: brokers.split(','),
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 20 },
    logLevel: logLevel.NOTHING,
  })

export interface Message {
  readonly topic: string
  readonly key: string
  readonly value: string
}

const MESSAGES_A_REQUEST = 500

/** In their order; topics are made where they are not there. */
export async function publish(kafka: Kafka, topics: readonly string[], messages: readonly Message[]): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 3 })), waitForLeaders: true })
  await admin.disconnect()
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  for (let from = 0; from < messages.length; from += MESSAGES_A_REQUEST) {
    const byTopic = Map.groupBy(messages.slice(from, from + MESSAGES_A_REQUEST), ({ topic }) => topic)
    await producer.sendBatch({
      topicMessages: [...byTopic].map(([topic, some]) => ({ topic, messages: some.map(({ key, value }) => ({ key, value })) })),
    })
  }
  await producer.disconnect()
}
