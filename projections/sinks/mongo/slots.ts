// Where each view is, live and while the next one is built beside it: a document per view, which is also the journal of a swap. Each build has collections and places of its own; a swap gives those of the next one
// the live names. Whoever opens the view first ends a swap that was broken off, whatever its last step was.
import { randomUUID } from 'node:crypto'
import { type Collection, type Db, MongoServerError } from 'mongodb'
import type { Projection } from '../../projection.ts'
import { Superseded, type Slot } from '../sink.ts'
import { prepare, whileHeld, type Build, type StoredPlaces } from './build.ts'
import type { Stored } from './stored.ts'

/** What once made the contents of a slot. */
interface Filled {
  /** Of the projection. */
  readonly version: number
  readonly build: string
}

interface Slots {
  readonly _id: string
  readonly live?: Filled
  readonly next?: Filled
  /** The build that is being swapped in. */
  readonly swapping?: string
}

const BUILD_CHARACTERS = 8
const NAMESPACE_NOT_FOUND = 26
const DUPLICATE_KEY = 11_000

export interface SlotBook {
  /** The slot's build, made if it is not there. */
  open(projection: Projection, slot: Slot): Promise<Build>
  liveVersion(view: string): Promise<number | undefined>
  swap(view: string, catchUp?: () => Promise<void>): Promise<void>
  drop(view: string, slot: Slot): Promise<void>
}

/** `isSharded`: undefined: as the server says, which is mongos where it is. */
export function slotBook(db: Db, isSharded?: boolean): SlotBook {
  const slots: Collection<Slots> = db.collection('_strata_slots')
  const places: Collection<StoredPlaces> = db.collection('_strata_places')

  const namesOf = (view: string, slot: Slot, build: string): { readonly documents: string; readonly memories: string } => {
    const base = slot === 'live' ? view : `${view}__${build}`
    return { documents: base, memories: `${base}__memory` }
  }

  async function reserve(view: string, slot: Slot, version: number): Promise<Filled> {
    const build = { version, build: randomUUID().slice(0, BUILD_CHARACTERS) }
    const ask = () =>
      slots.findOneAndUpdate({ _id: view }, [{ $set: { [slot]: { $ifNull: [`$${slot}`, build] } } }], {
        upsert: true,
        returnDocument: 'after',
      })
    // Two that open it at once: one makes it, the other one finds it.
    const found = await ask().catch((error: unknown) => {
      if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return ask()
      throw error
    })
    return found?.[slot] ?? build
  }

  async function move(from: string, to: string): Promise<void> {
    await db.renameCollection(from, to, { dropTarget: true }).catch((error: unknown) => {
      // Moved already.
      if (!(error instanceof MongoServerError && error.code === NAMESPACE_NOT_FOUND)) throw error
    })
  }

  async function endSwap(view: string): Promise<void> {
    const found = await slots.findOne({ _id: view })
    if (found?.swapping === undefined) return
    const [live, next] = [namesOf(view, 'live', ''), namesOf(view, 'next', found.swapping)]
    await move(next.documents, live.documents)
    await move(next.memories, live.memories)
    if (found.live) await places.deleteOne({ _id: found.live.build })
    await slots.updateOne({ _id: view, swapping: found.swapping }, [{ $set: { live: '$next' } }, { $unset: ['next', 'swapping'] }])
  }

  return {
    async open({ name, version, filters, spreadBy }, slot) {
      await endSwap(name)
      const { build: id } = await reserve(name, slot, version)
      const names = namesOf(name, slot, id)
      for (const collection of [names.documents, names.memories]) await prepare(db, name, collection, id)
      const documents: Collection<Stored> = db.collection(names.documents)
      await documents.createIndexes([...new Set([spreadBy.member, ...filters])].map((member) => ({ key: { [member]: 1, _id: 1 } })))
      return {
        id,
        documents,
        spreadBy,
        isSharded: isSharded ?? (await isRouter(db)),
        memories: db.collection(names.memories),
        places,
        async assertInSlot() {
          const found = await slots.findOne({ _id: name })
          if (found?.live?.build !== id && found?.next?.build !== id) throw new Superseded({ name })
        },
      }
    },
    async liveVersion(view) {
      return (await slots.findOne({ _id: view }))?.live?.version
    },
    async swap(view, catchUp = () => Promise.resolve()) {
      await endSwap(view)
      const found = await slots.findOne({ _id: view })
      if (!found?.next) return
      const journal = async (): Promise<void> => {
        await catchUp()
        await slots.updateOne({ _id: view, 'next.build': found.next?.build }, [{ $set: { swapping: '$next.build' } }])
      }
      if (found.live) await whileHeld(db, namesOf(view, 'live', '').documents, found.live.build, journal)
      else await journal()
      await endSwap(view)
    },
    // Places first: what is left of a drop that was broken off is then fed from the beginning, and is as new already.
    async drop(view, slot) {
      await endSwap(view)
      const found = (await slots.findOne({ _id: view }))?.[slot]
      if (!found) return
      const names = namesOf(view, slot, found.build)
      await places.deleteOne({ _id: found.build })
      await db.collection(names.memories).drop()
      await db.collection(names.documents).drop()
      await slots.updateOne({ _id: view }, { $unset: { [slot]: '' } })
    },
  }
}

const isRouter = async (db: Db): Promise<boolean> => (await db.command({ hello: 1 }))['msg'] === 'isdbgrid'
