// One view in MongoDB. Each document is inserted, or replaced by one guarded update, which does nothing where what is there is as new; documents, memories and places are acknowledged by the majority and its journals, one
// after the other. So whenever this process or the server dies, no memory is ahead of its document, and no place ahead of either.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AnyBulkWriteOperation,
  BSON,
  type Collection,
  MongoBulkWriteError,
  type MongoError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb'
import { Unavailable } from '../../../ledger/failure.ts'
import type { JsonObject } from '../../../ledger/json.ts'
import type { Changed, Kept } from '../../fold.ts'
import { Unwritable, type Batch, type Places, type View, type ViewQuestion } from '../sink.ts'
import { asBuild, type Build, type StoredPlaces } from './build.ts'
import { fromStored, toStored, type Stored } from './stored.ts'

/** Of documents. MongoDB's own limit is 16 MiB; an update needs some of that for itself. */
export const MAX_DOCUMENT_BYTES = 16_776_192
const PAGE_DOCUMENTS = 1_000
const MAX_TRIES = 5
const RETRY_MS = 20

export function viewOf(build: Build): View {
  const { id, documents, memories, places, spreadBy, isSharded } = build
  // The whole shard key costs a third of the speed where it is not needed: the server then takes no short way to a document.
  const asDocument: Form = { of: (one) => toStored(one, id, spreadBy), by: isSharded ? ['_id', spreadBy.member] : ['_id'] }
  const asMemory: Form = { of: (one) => toStored(one, id), by: ['_id'] }
  const some = async (collection: Collection<Stored>, keys: readonly string[]): Promise<ReadonlyMap<string, Kept>> => {
    if (keys.length === 0) return new Map()
    const found = await again(() => collection.find({ _id: { $in: [...keys] } }).toArray())
    return new Map(found.map(fromStored).map((kept) => [kept.key, kept]))
  }

  return {
    async places() {
      const found = await again(() => places.findOne({ _id: id }))
      return new Map(Object.entries(found?.at ?? {}).map(([partition, place]) => [Number(partition), place]))
    },
    async load(needed) {
      const loaded = await some(memories, needed.memories)
      return { memories: loaded, documents: await some(documents, needed.documents) }
    },
    async write(batch: Batch) {
      // Asked at the same time: the validators keep it out of another build; this finds out that it was dropped, and nothing is there.
      await Promise.all([asBuild(build, () => put(documents, [...batch.documents.values()], asDocument)), build.assertInSlot()])
      await asBuild(build, () => put(memories, [...batch.memories.values()], asMemory))
      await move(places, id, batch.places)
    },
    async read({ filters, key, after = '', limit }: ViewQuestion) {
      const members = Object.entries(filters).map(([name, text]) => ({ [name]: { $eq: text } }))
      const keys = { _id: { $gt: after, ...(key !== undefined && { $eq: key }) } }
      const question = { $and: [...members, keys, { _gone: { $exists: false } }] }
      const found = await again(() =>
        documents
          .find(question)
          .sort({ _id: 1 })
          .limit(limit + 1)
          .batchSize(limit + 1)
          .toArray(),
      )
      const shown = found.slice(0, limit).map((stored) => {
        const { key: own, body, partition, position } = fromStored(stored)
        return { key: own, document: body as JsonObject, seen: { partition, position } }
      })
      return { documents: shown, hasMore: found.length > limit }
    },
    async *all() {
      for (let after: string | undefined; ;) {
        const page = await again(() =>
          documents
            .find(after === undefined ? {} : { _id: { $gt: after } })
            .sort({ _id: 1 })
            .limit(PAGE_DOCUMENTS)
            .toArray(),
        )
        const kept = page.map(fromStored)
        yield* kept
        if (page.length < PAGE_DOCUMENTS) return
        after = kept.at(-1)?.key
      }
    },
  }
}

interface Form {
  readonly of: (kept: Kept) => Stored
  /** Members that a write finds it by. */
  readonly by: readonly string[]
}

async function put(collection: Collection<Stored>, kept: readonly Changed[], form: Form): Promise<void> {
  if (kept.length === 0) return
  const documents = kept.map((one) => stored(one, form))
  try {
    // What is new is inserted, at a third of what a guarded update costs the server. Where that finds one of the key, all are written again, guarded.
    await again((tries) =>
      collection.bulkWrite(
        documents.map((document, n) => (tries === 1 && kept[n]?.isNew ? { insertOne: { document } } : newer(document, form.by))),
        { ordered: false },
      ),
    )
  } catch (error) {
    throw unwritable(kept, form, error) ?? error
  }
}

function stored(kept: Kept, form: Form): Stored {
  try {
    return form.of(kept)
  } catch (error) {
    throw new Unwritable(kept, error instanceof Error ? error.message : String(error))
  }
}

/** `next`, or `there` where what is at `path` has seen as much. In one statement on one document no other writer comes between what is compared and what is written; `$literal`, so that nothing in it is taken for an expression. */
const unlessSeen = (path: string, position: number, next: object, there: string): object => ({
  $cond: [{ $lt: [{ $ifNull: [path, -1] }, position] }, { $literal: next }, there],
})

const newer = (document: Stored, by: readonly string[]): AnyBulkWriteOperation<Stored> =>
  ({
    updateOne: {
      filter: Object.fromEntries(by.map((name) => [name, (document as Readonly<Record<string, unknown>>)[name]])),
      update: [{ $replaceWith: unlessSeen('$_seen.position', document._seen.position, document, '$$ROOT') }],
      upsert: true,
    },
  }) as unknown as AnyBulkWriteOperation<Stored>

/** Each partition's for itself: two processes may have some of them each, or one of them twice. */
async function move(places: Collection<StoredPlaces>, build: string, reached: Places): Promise<void> {
  const moved = [...reached].map(([partition, { position, recordedAt }]): [string, object] => [
    `at.${partition}`,
    unlessSeen(`$at.${partition}.position`, position, { position, recordedAt }, `$at.${partition}`),
  ])
  if (moved.length === 0) return
  await again(() => places.updateOne({ _id: build }, [{ $set: Object.fromEntries(moved) }], { upsert: true }))
}

/** Two writers made the document at once; a reader's collection was swapped under it, or its cursor taken away. */
const TRANSIENT = new Set([11_000, 43, 175, 237])

/** Once more, where that is known to help. Throws Unavailable. */
async function again<Result>(work: (tries: number) => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work(tries)
    } catch (error) {
      if (isAway(error)) throw new Unavailable(`MongoDB does not answer: ${error.message}`, { cause: error })
      if (!isTransient(error) || tries === MAX_TRIES) throw error
      await sleep(RETRY_MS * tries)
    }
  }
}

const isAway = (error: unknown): error is MongoError => error instanceof MongoServerSelectionError || error instanceof MongoNetworkError

function isTransient(error: unknown): boolean {
  if (error instanceof MongoBulkWriteError) {
    const errors = [error.writeErrors].flat()
    return errors.length > 0 && errors.every(({ code }) => TRANSIENT.has(code))
  }
  return error instanceof MongoServerError && typeof error.code === 'number' && TRANSIENT.has(error.code)
}

/** Codes that are about a document's contents: too large, nested too deep, a name that can not be. */
const CONTENTS = new Set([2, 9, 15, 52, 56, 57, 10_334, 17_419, 17_420])

/** The document that the server, or the driver, will never take; undefined: it is not that. */
function unwritable(kept: readonly Kept[], form: Form, error: unknown): Unwritable | undefined {
  const large = isAboutSize(error) ? kept.find((one) => BSON.calculateObjectSize(form.of(one)) > MAX_DOCUMENT_BYTES) : undefined
  if (large)
    return new Unwritable(
      large,
      `the document ${large.key} would have more than ${MAX_DOCUMENT_BYTES} bytes, the most that MongoDB keeps in one`,
    )
  if (!(error instanceof MongoBulkWriteError)) return undefined
  const refused = [error.writeErrors].flat().find(({ code }) => CONTENTS.has(code))
  const one = refused && kept[refused.index]
  return one && new Unwritable(one, `MongoDB does not take the document ${one.key}: ${refused.errmsg ?? refused.code}`)
}

const isAboutSize = (error: unknown): boolean =>
  error instanceof MongoInvalidArgumentError ||
  error instanceof RangeError ||
  error instanceof BSON.BSONError ||
  error instanceof MongoServerError
