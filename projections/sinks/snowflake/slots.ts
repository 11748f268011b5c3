// Which build of a view is live, and which is made beside it: rows of STRATA_SLOTS, changed by one process at a time. Tables that are of no build in a slot are dropped by whoever opens the view next, so what is broken off at
// any step is ended then.
import { randomBytes } from 'node:crypto'
import type { Projection } from '../../projection.ts'
import { Superseded, type Slot } from '../sink.ts'
import { again } from './again.ts'
import { turns } from '../../turns.ts'
import { isLeftover } from './files.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { folderOf, SCHEMA, SLOTS, STAGE, TURN } from './statements.ts'
import { ddl, FENCE, prefixOf, publicName, publicPlaces, publicViews, tablesOf, type Tables } from './tables.ts'

interface Filled {
  /** Of the projection. */
  readonly version: number
  readonly build: string
}

type Slots = Readonly<Partial<Record<Slot, Filled>>>

const BUILD_BYTES = 4

export interface SlotBook {
  /** The slot's build, made if it is not there. */
  open(projection: Projection, slot: Slot): Promise<Tables>
  live(projection: Projection): Promise<Filled | undefined>
  swap(projection: Projection, catchUp: () => Promise<void>): Promise<void>
  drop(projection: Projection, slot: Slot): Promise<void>
}

export function slotBook(sessions: Sessions): SlotBook {
  const inTurn = turns({ atATime: 1 })
  let prepared: Promise<void> | undefined

  const prepare = (): Promise<void> => {
    const preparing = (prepared ??= sessions.use(async (session) => {
      for (const statement of SCHEMA) await session.run(statement)
    }))
    preparing.catch(() => (prepared = undefined))
    return preparing
  }

  /** Alone over all processes, in a transaction of the first session; what commits by itself (DDL) goes to the second. */
  const alone = async <Result>(work: (own: Session, other: Session) => Promise<Result>): Promise<Result> => {
    await prepare()
    return inTurn(() =>
      again(() =>
        sessions.use((own) =>
          own.transaction(async () => {
            await own.run(TAKE_TURN)
            return sessions.use((other) => work(own, other))
          }),
        ),
      ),
    )
  }

  const settleAlone = (projection: Projection): Promise<void> =>
    alone(async (own, other) => settle(other, projection, (await slotsOf(own, projection)) ?? {}))

  return {
    open: (projection, slot) =>
      alone(async (own, other) => {
        const found = await slotsOf(own, projection)
        const filled = found?.[slot] ?? { version: projection.version, build: randomBytes(BUILD_BYTES).toString('hex').toUpperCase() }
        const tables = tablesOf(projection, filled.build)
        for (const statement of ddl(tables)) await other.run(statement)
        if (!found) await own.run(`INSERT INTO ${SLOTS} (VIEW_NAME) SELECT ?`, { values: [projection.name] })
        if (!found?.[slot]) await own.run(fill(slot), { values: [filled.build, filled.version, projection.name] })
        await settle(other, projection, { ...found, [slot]: filled })
        return tables
      }),
    async live(projection) {
      await prepare()
      return (await sessions.use((session) => slotsOf(session, projection)))?.live
    },
    async swap(projection, catchUp) {
      await prepare()
      await again(() =>
        sessions.use((session) =>
          session.transaction(async () => {
            const { live, next } = (await slotsOf(session, projection)) ?? {}
            if (!next) return
            // From here on, whoever writes what is live waits, and then finds that it is not any more.
            if (live) await session.run(holdBack(tablesOf(projection, live.build)))
            await catchUp()
            const [updated] = await session.run(SWAP, { values: [projection.name, next.build] })
            if (Number(updated?.[0]) !== 1) throw new Superseded(projection)
          }),
        ),
      )
      // Also where nothing was next: it may have been swapped without an answer.
      await settleAlone(projection)
    },
    async drop(projection, slot) {
      await alone((own) => own.run(fill(slot), { values: [null, null, projection.name] }))
      await settleAlone(projection)
    },
  }
}

const TAKE_TURN = `UPDATE ${TURN} SET TURNS = TURNS + 1`
const holdBack = ({ places }: Tables): string => `UPDATE ${places} SET POSITION = POSITION + 1 WHERE PARTITION = ${FENCE}`

const fill = (slot: Slot): string => {
  const column = slot.toUpperCase()
  return `UPDATE ${SLOTS} SET ${column}_BUILD = ?, ${column}_VERSION = ? WHERE VIEW_NAME = ?`
}
const SWAP = `UPDATE ${SLOTS} SET LIVE_BUILD = NEXT_BUILD, LIVE_VERSION = NEXT_VERSION, NEXT_BUILD = NULL, NEXT_VERSION = NULL WHERE VIEW_NAME = ? AND NEXT_BUILD = ?`

/** Undefined: the view was never opened here. */
async function slotsOf(session: Session, { name }: Projection): Promise<Slots | undefined> {
  const [row] = await session.run(
    `SELECT LIVE_BUILD, LIVE_VERSION::VARCHAR, NEXT_BUILD, NEXT_VERSION::VARCHAR FROM ${SLOTS} WHERE VIEW_NAME = ?`,
    { values: [name] },
  )
  if (!row) return undefined
  const [liveBuild, liveVersion, nextBuild, nextVersion] = row
  return {
    ...(typeof liveBuild === 'string' && { live: { build: liveBuild, version: Number(liveVersion) } }),
    ...(typeof nextBuild === 'string' && { next: { build: nextBuild, version: Number(nextVersion) } }),
  }
}

/** What another version of the projection has made has columns that only that knows of: its view stays as it is. */
function viewsOf(projection: Projection, live: Filled | undefined): readonly string[] {
  if (!live) return [publicName(projection.name), publicPlaces(projection.name)].map((view) => `DROP VIEW IF EXISTS ${view}`)
  return live.version === projection.version ? publicViews(tablesOf(projection, live.build)) : []
}

/** What readers see is what is live, and what is of no slot is gone: its tables, and its files on the stage. */
async function settle(session: Session, projection: Projection, slots: Slots): Promise<void> {
  const { name } = projection
  for (const statement of viewsOf(projection, slots.live)) await session.run(statement)
  const kept = Object.values(slots).map(({ build }) => tablesOf(projection, build))
  const isKept = (table: string): boolean => kept.some(({ documents, memories, places }) => [documents, memories, places].includes(table))
  // Of the answer, the second column is the name.
  const found = (await session.run(`SHOW TABLES STARTS WITH '${prefixOf(name)}'`)).map(([, table]) => String(table))
  const left = found.filter((table) => table.startsWith(prefixOf(name)) && !isKept(table))
  for (const table of left) await session.run(`DROP TABLE IF EXISTS ${table}`)
  for (const documents of new Set(left.map((table) => prefixOf(name) + buildOf(name, table))))
    await session.run(`REMOVE ${folderOf(documents)}`)
  for (const { documents } of kept) await removeLeftovers(session, documents)
}

const buildOf = (view: string, table: string): string => table.slice(prefixOf(view).length).split('__', 1)[0] ?? ''

/** Files of processes that were killed before they removed them. */
async function removeLeftovers(session: Session, documents: string): Promise<void> {
  const names = (await session.run(`LIST ${folderOf(documents)}`)).map(([file]) => String(file))
  for (const name of names.filter(isLeftover)) await session.run(`REMOVE @${STAGE}/${name.slice(name.indexOf('/') + 1)}`)
}
