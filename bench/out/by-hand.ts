// What somebody would write who has the documents: each batch in one statement of the same driver, guarded by the position that it has seen, and where that is kept; nothing is read, folded, leased or checked.
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { MongoClient } from 'mongodb'
import pg from 'pg'
import type { VersionRecord } from '../../ledger/record.ts'
import { fold, type Kept } from '../../projections/fold.ts'
import type { Projection } from '../../projections/projection.ts'

export interface Written extends Kept {
  /** There was none of this key before. */
  readonly isNew: boolean
}

/** What each page makes of the documents that it changes. */
export function documentsOf(projection: Projection, pages: readonly (readonly VersionRecord[])[]): readonly (readonly Written[])[] {
  const documents = new Map<string, Kept>()
  const memories = new Map<string, Kept>()
  return pages.map((page) => {
    const after = fold(projection, page, { documents, memories })
    const written = [...after.documents.values()].map((kept) => ({ ...kept, isNew: !documents.has(kept.key) }))
    for (const [key, kept] of after.documents) documents.set(key, kept)
    for (const [key, kept] of after.memories) memories.set(key, kept)
    return written
  })
}

export interface ByHand extends AsyncDisposable {
  /** A page's: one at least. */
  readonly write: (documents: readonly Written[]) => Promise<void>
}

const PLACE = 'place'

export async function postgresByHand(url: string, table: string, projection: Projection): Promise<ByHand> {
  const client = new pg.Client({ connectionString: url, options: '-c synchronous_commit=off' })
  await client.connect()
  const columns = projection.filters.map(
    (filter) => `, "by_${filter}" text collate "C" generated always as (document->>'${filter}') stored`,
  )
  await client.query(
    `create table ${table} (key text collate "C" primary key, document jsonb, position bigint not null${columns.join('')}) with (fillfactor = 80)`,
  )
  for (const filter of projection.filters) await client.query(`create index on ${table} ("by_${filter}", key)`)
  const text = `insert into ${table} as t (key, document, position) select * from unnest($1::text[], $2::jsonb[], $3::bigint[])
    on conflict (key) do update set document = excluded.document, position = excluded.position where t.position < excluded.position or t.key = '${PLACE}'`
  return {
    async write(documents) {
      const rows = [...documents, { key: PLACE, body: null, position: 0 }]
      const values = [
        rows.map(({ key }) => key),
        rows.map(({ body }) => (body ? JSON.stringify(body) : null)),
        rows.map(({ position }) => position),
      ]
      await client.query({ name: 'write', text, values })
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

export async function mongoByHand(url: string, name: string, projection: Projection): Promise<ByHand> {
  const client = new MongoClient(url, { writeConcern: { w: 'majority', journal: true } })
  await client.connect()
  const collection = client.db().collection<{ readonly _id: string; readonly position: number }>(name)
  await collection.createIndexes(projection.filters.map((filter) => ({ key: { [filter]: 1, _id: 1 } })))
  const replaced = (document: { readonly _id: string; readonly position: number }) => ({
    updateOne: {
      filter: { _id: document._id },
      update: [
        { $replaceWith: { $cond: [{ $lt: [{ $ifNull: ['$position', -1] }, document.position] }, { $literal: document }, '$$ROOT'] } },
      ],
      upsert: true,
    },
  })
  let batch = 0
  return {
    async write(documents) {
      await collection.bulkWrite(
        documents.map(({ key, body, position, isNew }) => {
          const document = { _id: key, ...body, position }
          return isNew ? { insertOne: { document } } : replaced(document)
        }),
        { ordered: false },
      )
      await collection.bulkWrite([replaced({ _id: PLACE, position: ++batch })], { ordered: false })
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}

export interface Sent extends AsyncDisposable {
  readonly send: (records: readonly VersionRecord[]) => Promise<void>
}

/** One transaction of one producer for each page. */
export async function kafkaByHand(brokers: string, topic: string, partitions: number): Promise<Sent> {
  const kafka = new Kafka({ clientId: 'by-hand', brokers: [brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
  await admin.disconnect()
  const producer = kafka.producer({
    transactionalId: topic,
    maxInFlightRequests: 1,
    idempotent: true,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  return {
    async send(records) {
      const transaction = await producer.transaction()
      await transaction.send({
        topic,
        acks: -1,
        messages: records.map((record) => ({ key: record.entityId, value: JSON.stringify(record), partition: record.partition })),
      })
      await transaction.commit()
    },
    [Symbol.asyncDispose]: () => producer.disconnect(),
  }
}
