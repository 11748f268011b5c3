// The one file that knows kafkajs, as far as the relay needs it: topics, producers that fence each other, and a topic read to its end. kafkajs 2.2.4 has traps (docs/adr/0021): here each producer has one send in
// flight, and is of no use any more once a send was rejected. It is loaded when it is first needed.
import { createRequire } from 'node:module'
import { randomUUID } from 'node:crypto'
import type { Admin, Kafka, KafkaConfig } from 'kafkajs'

/** Until an attempt is given up and counts as trouble: some seconds, where nobody listens. */
const RETRY = { initialRetryTime: 50, maxRetryTime: 500, retries: 8 }
export const CONNECTION_TIMEOUT_MS = 3_000
export const REQUEST_TIMEOUT_MS = 10_000
/** After which the broker ends the transaction of a producer that died, if no successor did. */
export const TRANSACTION_TIMEOUT_MS = 30_000
/** For reading a topic to its end. */
export const READ_TIMEOUT_MS = 60_000
const MAX_REPLICAS = 3

export interface Message {
  readonly key: string
  readonly value: string
  readonly partition: number
  readonly headers?: Readonly<Record<string, string>>
  readonly timestamp?: string
}

/** By topic. */
export type Messages = ReadonlyMap<string, readonly Message[]>

export interface Topic {
  readonly name: string
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
}

/** A message that its topic does not take. */
export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge'
  /** Which of the chunks it was in. */
  readonly chunk: number
  constructor(chunk: number, cause: unknown) {
    super('the topic does not take a message as large as this: raise its max.message.bytes', { cause })
    this.chunk = chunk
  }
}

/** Whoever makes the next one of the same name fences this one: nothing that it still sends is taken. */
export interface FencedProducer extends AsyncDisposable {
  /** All in one transaction, a chunk at a time. After it threw, the producer is to be given up: what it sent may be there or not. Throws MessageTooLarge. */
  publish(chunks: readonly Messages[]): Promise<void>
}

export interface KafkaClient extends AsyncDisposable {
  /** Makes those that are missing; answers the number of partitions of each. */
  ensureTopics(topics: readonly Topic[]): Promise<ReadonlyMap<string, number>>
  producer(transactionalId: string): Promise<FencedProducer>
  /** What is committed in a topic, from its beginning, until `take` answers true: then it has seen enough. */
  readUntil(
    topic: string,
    take: (message: { readonly key: string; readonly value: string; readonly partition: number }) => boolean,
  ): Promise<void>
}

/** TLS and credentials. */
export type Security = Pick<KafkaConfig, 'ssl' | 'sasl'>

export async function kafkaClient(brokers: readonly string[], security: Security = {}): Promise<KafkaClient> {
  const kafka = await load(brokers, security)
  let admin: Promise<Admin> | undefined
  async function connectedAdmin(): Promise<Admin> {
    const one = kafka.admin()
    await one.connect()
    return one
  }

  async function withAdmin<Result>(work: (admin: Admin) => Promise<Result>): Promise<Result> {
    admin ??= connectedAdmin()
    try {
      return await work(await admin)
    } catch (error) {
      const failed = admin
      admin = undefined
      void failed?.then((one) => one.disconnect()).catch(() => undefined)
      throw error
    }
  }

  return {
    ensureTopics: (topics) => withAdmin((one) => ensureTopics(one, topics)),
    producer: (transactionalId) => fencedProducer(kafka, transactionalId),
    readUntil: (topic, take) => readUntil(kafka, topic, take),
    async [Symbol.asyncDispose]() {
      await (await admin?.catch(() => undefined))?.disconnect()
    },
  }
}

async function load(brokers: readonly string[], security: Security): Promise<Kafka> {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
  const { Kafka: Client, logLevel } = (await import('kafkajs')).default
  calmTimers()
  return new Client({
    ...security,
    clientId: 'strata',
    brokers: [...brokers],
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: RETRY,
    logLevel: logLevel.NOTHING,
  })
}

interface RequestQueue {
  throttleCheckTimeoutId: NodeJS.Timeout | null
  throttledUntil: number
  readonly pending: readonly unknown[]
  checkPendingRequests(): void
}

const CHECK_PENDING_MS = 10
const KNOWN_VERSION = '2.2.4'

/** Each connection of kafkajs 2.2.4 sets itself a timer of a negative delay for ever, 900 times a second; here only while something is pending. */
function calmTimers(): void {
  const require = createRequire(import.meta.url)
  const { version } = require('kafkajs/package.json') as { readonly version: string }
  if (version !== KNOWN_VERSION) throw new Error(`kafkajs is to be ${KNOWN_VERSION}, and is ${version}`)
  const { prototype } = require('kafkajs/src/network/requestQueue') as {
    readonly prototype: RequestQueue & { scheduleCheckPendingRequests(): void }
  }
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return
    const wait = this.throttledUntil - Date.now()
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      wait > 0 ? wait : CHECK_PENDING_MS,
    )
  }
}

async function ensureTopics(admin: Admin, topics: readonly Topic[]): Promise<ReadonlyMap<string, number>> {
  const there = new Set(await admin.listTopics())
  const missing = topics.filter(({ name }) => !there.has(name))
  if (missing.length > 0) {
    const { brokers } = await admin.describeCluster()
    const replicationFactor = Math.min(MAX_REPLICAS, brokers.length)
    const safe = { 'min.insync.replicas': String(Math.max(1, replicationFactor - 1)) }
    // Another process may make them at the same time.
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(({ name, partitions, config }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries({ ...safe, ...config }).map(([entry, value]) => ({ name: entry, value })),
      })),
    })
  }
  const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) })
  return new Map(found.map(({ name, partitions }) => [name, partitions.length]))
}

async function fencedProducer(kafka: Kafka, transactionalId: string): Promise<FencedProducer> {
  const producer = kafka.producer({
    transactionalId,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: RETRY,
  })
  await producer.connect()
  try {
    // A transaction with nothing in it: the broker fences the one before, and ends what that has left open.
    await (await producer.transaction()).abort()
  } catch (error) {
    await producer.disconnect().catch(() => undefined)
    throw error
  }
  return {
    async publish(chunks) {
      const transaction = await producer.transaction()
      for (const [n, chunk] of chunks.entries())
        try {
          const topicMessages = [...chunk].map(([topic, messages]) => ({ topic, messages: [...messages] }))
          await transaction.sendBatch({ acks: -1, topicMessages })
        } catch (error) {
          await transaction.abort().catch(() => undefined)
          throw isTooLarge(error) ? new MessageTooLarge(n, error) : error
        }
      await transaction.commit()
    },
    [Symbol.asyncDispose]: () => producer.disconnect().catch(() => undefined),
  }
}

function isTooLarge(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ('type' in at && at.type === 'MESSAGE_TOO_LARGE') return true
  return false
}

/** By a consumer group that nobody else is in, and that is forgotten afterwards. */
async function readUntil(kafka: Kafka, topic: string, take: Parameters<KafkaClient['readUntil']>[1]): Promise<void> {
  const consumer = kafka.consumer({ groupId: `strata-reader-${randomUUID()}`, maxWaitTimeInMs: 100, retry: RETRY })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`${topic} could not be read within ${READ_TIMEOUT_MS / 1_000} s`)), READ_TIMEOUT_MS)
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) reject(payload.error)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage({ partition, message: { key, value } }) {
        if (key && value && take({ key: key.toString(), value: value.toString(), partition })) resolve()
        return Promise.resolve()
      },
    })
    await promise
  } finally {
    clearTimeout(timer)
    promise.catch(() => undefined)
    await consumer.disconnect().catch(() => undefined)
  }
}
