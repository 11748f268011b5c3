// Promises: a ledger whose every view a projector keeps in PostgreSQL and in MongoDB while it is written to, as a server does; and each document as three see it who know nothing of each other: a
// reader of the tables, a reader of the collections, and whoever folds the whole feed in memory.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import canonicalize from 'canonicalize'
import type { Db } from 'mongodb'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { fold, type Kept } from '../../projections/fold.ts'
import type { Projection } from '../../projections/projection.ts'
import { caughtUp } from '../../projections/runner/projected.testing.ts'
import { projector } from '../../projections/runner/projector.ts'
import { mongoSink } from '../../projections/sinks/mongo.ts'
import { postgresSink } from '../../projections/sinks/postgres.ts'
import type { Sink } from '../../projections/sinks/sink.ts'
import { views } from '../../projections/views/index.ts'
import { testDatabase } from '../database.ts'
import { testMongo } from '../mongo.ts'

const DRAINED_WITHIN_MS = 600_000
const READ_TOGETHER = 2_000
/** Other pages than those of the projector: what is read together makes no difference. */
const FOLDED_TOGETHER = 333

/** By view. */
export type Documents = ReadonlyMap<string, readonly JsonObject[]>

export interface Followed extends AsyncDisposable {
  readonly ledger: Ledger
  readonly url: string
  /** For files to import. */
  readonly folder: string
  readonly sinks: readonly Sink[]
  /** Resolves when every view has seen all that is in the ledger, on both sinks, and none is in trouble. */
  drained(): Promise<void>
  /** The documents there are. Throws unless all three see the same, to the byte. */
  same(): Promise<Documents>
}

export async function followed(mongoServer: string): Promise<Followed> {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'strata-way-out-'))
  opening.defer(() => rm(folder, { recursive: true }))
  const database = opening.use(await testDatabase())
  const mongo = opening.use(await testMongo(mongoServer))
  const ledger = opening.use(await openLedger({ url: database.url }))
  const sinks = [opening.use(postgresSink({ url: database.url })), opening.use(mongoSink({ url: mongo.url }))]
  const all = Object.values(views)
  const one = opening.use(projector({ ledger, sinks, projections: all }))
  const end = opening.move()
  return {
    ledger,
    url: database.url,
    folder,
    sinks,
    async drained() {
      for (const sink of sinks) for (const view of all) await caughtUp(ledger, sink, view, DRAINED_WITHIN_MS)
      for (const { sink, view, state, deadLetters } of await one.control.statuses(one.runs))
        assert.deepEqual([state, deadLetters], ['running', []], `${view} in ${sink}`)
    },
    async same() {
      const folded = await foldedFeed(ledger)
      const found = new Map<string, readonly JsonObject[]>()
      for (const view of all) found.set(view.name, await sameDocuments(view, folded.get(view.name) ?? new Map(), ledger, mongo.db))
      return found
    },
    [Symbol.asyncDispose]: () => end.disposeAsync(),
  }
}

type Folded = Map<string, Kept>

/** Every view of the whole feed. */
async function foldedFeed({ feed }: Ledger): Promise<ReadonlyMap<string, Folded>> {
  const folds = Object.values(views).map((view) => ({ view, documents: new Map() as Folded, memories: new Map() as Folded }))
  for (let at = feed.beginning; ;) {
    const page = await feed.read(at, FOLDED_TOGETHER)
    for (const { view, documents, memories } of folds) {
      const records = page.versions.filter(({ kind }) => view.kinds.includes(kind))
      const changed = fold(view, records, { documents, memories })
      for (const [key, kept] of changed.documents) documents.set(key, kept)
      for (const [key, kept] of changed.memories) memories.set(key, kept)
    }
    if (page.caughtUp) return new Map(folds.map(({ view, documents }) => [view.name, documents]))
    at = page.next
  }
}

/** How many of which view, to be told. */
export const counted = (documents: Documents): string => [...documents].map(([view, { length }]) => `${view} ${length}`).join(', ')

async function sameDocuments({ name }: Projection, folded: Folded, ledger: Ledger, mongo: Db): Promise<readonly JsonObject[]> {
  const documents: JsonObject[] = []
  const collected = inCollection(mongo, name)
  let rows = 0
  for await (const row of inTable(ledger, name)) {
    const text = canonical(row)
    const other = await collected.next()
    assert.equal(other.done ? 'none' : canonical(other.value), text, `${name} in MongoDB`)
    const kept = folded.get(row.key)
    assert.equal(kept ? canonical(kept) : 'none', text, `${name} in memory`)
    rows++
    if (row.body) documents.push(row.body)
  }
  assert.equal((await collected.next()).done, true, `${name} in MongoDB has more`)
  assert.equal(rows, folded.size, `${name} in memory has more`)
  return documents
}

const canonical = ({ key, body, partition, position }: Kept): string => canonicalize({ key, body, partition, position }) ?? ''

/** In the order of keys. */
async function* inTable({ database }: Ledger, view: string): AsyncGenerator<Kept> {
  for (let after = ''; ;) {
    const { rows } = await database.query<Omit<Kept, 'body'> & { readonly text: string | null }>(
      `select key, document::text as text, partition, position from views.${view} where key > $1 order by key limit ${READ_TOGETHER}`,
      [after],
    )
    for (const { text, ...rest } of rows) yield { ...rest, body: text === null ? null : (JSON.parse(text) as JsonObject) }
    const last = rows.at(-1)
    if (!last || rows.length < READ_TOGETHER) return
    after = last.key
  }
}

interface Collected {
  readonly _id: string
  readonly _seen: { readonly partition: number; readonly position: number }
  readonly _gone?: true
  readonly [member: string]: unknown
}

async function* inCollection(db: Db, view: string): AsyncGenerator<Kept> {
  for await (const found of db.collection<Collected>(view).find().sort({ _id: 1 })) {
    const { _id: key, _seen: seen, _gone: gone, ...document } = found
    yield { key, body: gone ? null : (document as JsonObject), partition: seen.partition, position: seen.position }
  }
}
