// One build of a view: its collections, which take nothing of any other build. Each document says which build it is of, and a validator, which stays with the collection when that is renamed, refuses every other one.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Collection, type Db, MongoBulkWriteError, MongoServerError } from 'mongodb'
import type { SpreadBy } from '../../projection.ts'
import { Superseded, type Place } from '../sink.ts'
import type { Stored } from './stored.ts'

/** How far a build is: a document of its own, so that a batch of all partitions moves it by one update. */
export interface StoredPlaces {
  /** The build. */
  readonly _id: string
  /** By partition. */
  readonly at: Readonly<Record<string, Place>>
}

export interface Build {
  readonly id: string
  readonly documents: Collection<Stored>
  readonly spreadBy: SpreadBy
  /** Documents may be on several machines: a write has to say on which, by the whole shard key. */
  readonly isSharded: boolean
  readonly memories: Collection<Stored>
  readonly places: Collection<StoredPlaces>
  /** Throws Superseded unless the build is still in a slot. */
  readonly assertInSlot: () => Promise<void>
}

const NAMESPACE_EXISTS = 48
const VALIDATION_FAILURE = 121
/** In place of a build: nobody may write for now. */
const HELD = 'held'
const LOOK_AGAIN_MS = 50
/** Then whoever holds the writers back is taken for dead. */
export const MAX_HOLD_MS = 30_000

const validatorOf = (build: string): { readonly '_seen.build': string } => ({ '_seen.build': build })

/** Makes the collection where it is not there. Throws Superseded where another build has it. */
export async function prepare(db: Db, view: string, name: string, build: string): Promise<void> {
  for (;;) {
    const [found] = await db.listCollections({ name }).toArray()
    if (!found) {
      const made = await db.createCollection(name, { validator: validatorOf(build) }).catch((error: unknown) => {
        if (error instanceof MongoServerError && error.code === NAMESPACE_EXISTS) return undefined
        throw error
      })
      if (made) return
    } else {
      const validator = ('options' in found ? found.options?.['validator'] : undefined) as
        Partial<ReturnType<typeof validatorOf>> | undefined
      const of = validator?.['_seen.build']
      if (of === build || of === HELD) return
      if (of !== undefined) throw new Superseded({ name: view })
      // A writer that was late has made it, after its own one was dropped.
      await guard(db, name, build)
      await db.collection(name).deleteMany({ '_seen.build': { $ne: build } })
    }
  }
}

const guard = (db: Db, name: string, build: string): Promise<unknown> => db.command({ collMod: name, validator: validatorOf(build) })

/** Nobody writes into the collection while the work is done; that is undone where it fails. */
export async function whileHeld(db: Db, name: string, build: string, work: () => Promise<void>): Promise<void> {
  await guard(db, name, HELD)
  try {
    await work()
  } catch (error) {
    await guard(db, name, build)
    throw error
  }
}

/** Waits while writers are held back. Throws Superseded where what is written into is not this build any more. */
export async function asBuild({ id, documents, assertInSlot }: Build, work: () => Promise<void>): Promise<void> {
  for (let waitedMs = 0; (await work().then(() => true, refusedFor)) === false; waitedMs += LOOK_AGAIN_MS) {
    await assertInSlot()
    if (waitedMs >= MAX_HOLD_MS) await guard(documents.db, documents.collectionName, id)
    else await sleep(LOOK_AGAIN_MS)
  }
}

/** False: the validator did. */
function refusedFor(error: unknown): false {
  if (error instanceof MongoBulkWriteError && [error.writeErrors].flat().some(({ code }) => code === VALIDATION_FAILURE)) return false
  throw error
}
