// A consumer's store in MongoDB: four collections of the consumer's database. The handler writes with the same session, so its effect there is exactly once. Needs transactions, so a replica set (one node is
// enough) or a sharded cluster.
import type { Binary, ClientSession, Collection, Db, MongoClient } from 'mongodb'
import { ForeignVersion } from '../failure.ts'
import { keyOf, type VersionRecord } from '../record.ts'
import { NO_PROGRESS, type Progress, type Span, type Store, type Within } from '../store.ts'

export interface MongoStoreOptions {
  readonly client: MongoClient
  readonly db: Db
  /** What the names of the collections begin with: one for each consumer of the database. Default `strata_consumer`. */
  readonly prefix?: string
}

/** A version that came, once: `_id` (and the index on entity and version) dedupes. */
interface Received {
  /** `trade:alice:T-1@3` */
  readonly _id: string
  readonly entityId: string
  readonly version: number
  readonly recordedAt: string
  readonly receivedAt: Date
  readonly record: VersionRecord
}

interface Collections {
  readonly received: Collection<Received>
  readonly progress: Collection<Progress & { readonly _id: string }>
  readonly cursors: Collection<{ readonly _id: string; readonly cursor: string }>
  readonly sessions: Collection<{ readonly _id: Binary }>
}

/** Entities looked at, at a time, for what they lack. */
const GAP_ENTITIES = 1_000

export async function openMongoStore({ client, db, prefix = 'strata_consumer' }: MongoStoreOptions): Promise<Store<ClientSession>> {
  const hello = await db.command({ hello: 1 })
  if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid')
    throw new Error(
      'the MongoDB server has no transactions: run it as a replica set (one node is enough: mongod --replSet, then rs.initiate())',
    )
  const collections: Collections = {
    received: db.collection(`${prefix}_received`),
    progress: db.collection(`${prefix}_progress`),
    cursors: db.collection(`${prefix}_cursors`),
    sessions: db.collection(`${prefix}_sessions`),
  }
  await collections.received.createIndex({ entityId: 1, version: 1 }, { unique: true })
  await endLeftSessions(db, collections)
  const noted = noteSession(collections)
  return {
    transaction: (work) =>
      client.withSession(async (session) => {
        await noted(session)
        return session.withTransaction(() => work(within(collections, session)), {
          readConcern: { level: 'snapshot' },
          writeConcern: { w: 'majority', j: true },
          readPreference: 'primary',
        })
      }),
    cursor: async (source) => (await collections.cursors.findOne({ _id: source }))?.cursor,
    left: (limit) => left(collections, limit),
    gaps: (limit) => gaps(collections, limit),
  }
}

// The server does not end the transaction of a process that was killed, but holds what it wrote for a minute (transactionLifetimeLimitSeconds): whoever comes after it would wait so long. So the sessions are noted,
// and the next one to open the store ends them. One that is in use after all only has its transaction undone, and does it again.
async function endLeftSessions(db: Db, { sessions }: Collections): Promise<void> {
  const left = (await sessions.find().toArray()).map(({ _id }) => _id)
  if (left.length === 0) return
  await db.command({ killSessions: left.map((id) => ({ id })) })
  await sessions.deleteMany({ _id: { $in: left } })
}

/** The driver uses the same few sessions again and again. */
function noteSession({ sessions }: Collections): (session: ClientSession) => Promise<void> {
  const known = new Set<string>()
  return async (session) => {
    const id = session.id?.id
    if (!id || known.has(id.toString('hex'))) return
    await sessions.insertOne({ _id: id })
    known.add(id.toString('hex'))
  }
}

// No lock is needed: a transaction sees one snapshot, and when it writes the progress of an entity that another one has written since, one of the two is undone and done again.
function within({ received, progress, cursors }: Collections, session: ClientSession): Within<ClientSession> {
  return {
    transaction: session,
    async progress(entityIds) {
      const found = await progress.find({ _id: { $in: [...entityIds] } }, { session }).toArray()
      const known = new Map(found.map(({ _id, handled, seen, received: count }) => [_id, { handled, seen, received: count }]))
      return new Map(entityIds.map((entityId) => [entityId, known.get(entityId) ?? NO_PROGRESS]))
    },
    // A duplicate key would end the transaction, so what is there is looked up first.
    async keep(records) {
      const options = { session, projection: { recordedAt: 1 } } as const
      const found = await received.find({ _id: { $in: records.map(keyOf) } }, options).toArray()
      const known = new Map(found.map(({ _id, recordedAt }) => [_id, recordedAt]))
      const foreign = records.find((record) => (known.get(keyOf(record)) ?? record.recordedAt) !== record.recordedAt)
      if (foreign) throw new ForeignVersion(keyOf(foreign))
      const fresh = records.filter((record) => !known.has(keyOf(record)))
      if (fresh.length > 0) await received.insertMany(fresh.map(toDocument), { session })
      return fresh
    },
    async kept(spans) {
      const $or = spans.map(({ entityId, from, to }) => ({ entityId, version: { $gte: from, $lte: to } }))
      return (await received.find({ $or }, { session, projection: { record: 1 } }).toArray()).map(({ record }) => record)
    },
    async advance(changed) {
      const writes = [...changed].map(([_id, replacement]) => ({ replaceOne: { filter: { _id }, replacement, upsert: true } }))
      await progress.bulkWrite(writes, { session, ordered: false })
    },
    async saveCursor(source, cursor) {
      await cursors.replaceOne({ _id: source }, { cursor }, { session, upsert: true })
    },
  }
}

const toDocument = (record: VersionRecord): Received => ({
  _id: keyOf(record),
  entityId: record.entityId,
  version: record.version,
  recordedAt: record.recordedAt,
  receivedAt: new Date(),
  record,
})

async function left({ received, progress }: Collections, limit: number): Promise<readonly VersionRecord[]> {
  const next = { $concat: ['$_id', '@', { $toString: { $add: ['$handled', 1] } }] }
  const steps = [
    { $match: { $expr: { $lt: ['$handled', '$seen'] } } },
    { $project: { next } },
    { $lookup: { from: received.collectionName, localField: 'next', foreignField: '_id', as: 'found' } },
    { $unwind: '$found' },
    { $limit: limit },
    { $replaceWith: '$found.record' },
  ]
  return progress.aggregate<VersionRecord>(steps).toArray()
}

/** The twin of the view `gaps` in PostgreSQL: the next version that came, beside each; an entity begins with version 1, so what is before it is always there. */
async function gaps({ received, progress }: Collections, limit: number): Promise<readonly Span[]> {
  const lacks = { $expr: { $lt: ['$received', '$seen'] } }
  const lacking = await progress
    .find(lacks, { projection: { _id: 1 } })
    .sort({ _id: 1 })
    .limit(Math.min(limit, GAP_ENTITIES))
    .toArray()
  const ids = lacking.map(({ _id }) => _id)
  const steps = [
    { $match: { _id: { $in: ids } } },
    { $project: { _id: 0, entityId: '$_id', version: { $literal: 0 } } },
    {
      $unionWith: {
        coll: received.collectionName,
        pipeline: [{ $match: { entityId: { $in: ids } } }, { $project: { _id: 0, entityId: 1, version: 1 } }],
      },
    },
    {
      $setWindowFields: {
        partitionBy: '$entityId',
        sortBy: { version: 1 },
        output: { next: { $shift: { output: '$version', by: 1 } } },
      },
    },
    { $match: { $expr: { $gt: ['$next', { $add: ['$version', 1] }] } } },
    { $project: { entityId: 1, from: { $add: ['$version', 1] }, to: { $subtract: ['$next', 1] } } },
    { $sort: { entityId: 1, from: 1 } },
    { $limit: limit },
  ]
  return progress.aggregate<Span>(steps, { allowDiskUse: true }).toArray()
}
