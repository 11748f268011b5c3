// Views as tables of PostgreSQL, in the schema `views`: `key, document (jsonb), partition, position`, and a column per filter. A batch is one statement, so that documents, memories and places are written
// together or not at all; what is there and as new stays. Not waited for until it is on the disk: a crash takes a view back to an earlier place, whole, and the runner goes on from there.
import pg from 'pg'
import { onConnection, openDatabase, type Connection, type Database } from '../../ledger/database.ts'
import type { Projection } from '../projection.ts'
import { ddl, drops, homeOf, LEDGERS_OWN, tablesIn, type Tables } from './postgres/tables.ts'
import { isUndefinedTable, viewOf } from './postgres/view.ts'
import type { Sink, Slot } from './sink.ts'

const CONNECTIONS = 4
/** So often a view is asked how far it is: a crash may have taken it back. */
export const LOOK_AGAIN_MS = 5_000

export interface PostgresSinkOptions {
  readonly url: string
  readonly name?: string
  /** Another one than the ledger's own: made if it is not there, in any database. */
  readonly schema?: string
}

export function postgresSink({ url, name = 'postgres', schema = LEDGERS_OWN }: PostgresSinkOptions): Sink {
  const home = homeOf(schema)
  const tablesOf = (projection: Projection, slot: Slot): Tables => tablesIn(home, projection, slot)
  const database = openDatabase({ url, connections: CONNECTIONS, name: 'views', synchronousCommit: false })
  return {
    name,
    lookAgainMs: LOOK_AGAIN_MS,
    async open(projection, slot) {
      const tables = tablesOf(projection, slot)
      const build = await alone(database, async (connection) => {
        for (const statement of [...home.ddl, ...ddl(projection, tables)]) await connection.query(statement)
        const { rows } = await connection.query<{ build: number }>(`select build from ${home.slots} where view = $1 and slot = $2`, [
          projection.name,
          slot,
        ])
        return rows[0]?.build ?? 0
      })
      return viewOf(database, tables, build)
    },
    async liveVersion({ name: view }) {
      const { rows } = await database
        .query<{ version: number }>(`select version from ${home.slots} where view = $1 and slot = 'live'`, [view])
        .catch((error: unknown) => {
          if (isUndefinedTable(error)) return { rows: [] }
          throw error
        })
      return rows[0]?.version
    },
    async swap(projection, catchUp) {
      const [live, next] = [tablesOf(projection, 'live'), tablesOf(projection, 'next')]
      await alone(database, async (connection) => {
        const { rowCount } = await connection.query(`select from ${home.slots} where view = $1 and slot = 'next'`, [projection.name])
        if (rowCount === 0) return
        // Writers of what is live wait from here on, readers only for the moment of the renaming: and that not for long behind a reader who takes his time.
        await connection.query(`set local lock_timeout = ${SWAP_LOCK_MS}`)
        if ((await connection.query('select where to_regclass($1) is not null', [live.documents])).rowCount === 1)
          await connection.query(`lock table ${live.documents} in share row exclusive mode`)
        await catchUp?.()
        for (const statement of drops(live)) await connection.query(statement)
        await connection.query(`alter table ${next.documents} rename to ${pg.escapeIdentifier(projection.name)}`)
        await connection.query(`alter table ${next.memories} rename to ${pg.escapeIdentifier(`${projection.name}__memory`)}`)
        for (const table of [home.slots, home.places])
          await connection.query(`update ${table} set slot = 'live' where view = $1 and slot = 'next'`, [projection.name])
      })
    },
    async drop(projection, slot) {
      await alone(database, async (connection) => {
        for (const statement of [...home.ddl, ...drops(tablesOf(projection, slot))]) await connection.query(statement)
      })
    },
    [Symbol.asyncDispose]: () => database.end(),
  }
}

const CHANGING = 7_480_001
/** How long a swap waits for a lock before it gives up, and is tried again: whoever comes meanwhile waits behind it. */
export const SWAP_LOCK_MS = 1_000

/** In a transaction, and nobody else at the same time: of two processes that open the same view at once, one makes it. */
async function alone<Result>(database: Database, change: (connection: Connection) => Promise<Result>): Promise<Result> {
  return onConnection(database, async (connection) => {
    await connection.query('begin')
    try {
      await connection.query('select pg_advisory_xact_lock($1)', [CHANGING])
      const result = await change(connection)
      await connection.query('commit')
      return result
    } catch (error) {
      await connection.query('rollback')
      throw error
    }
  })
}
