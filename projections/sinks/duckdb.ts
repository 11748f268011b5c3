// Views as tables of a DuckDB file, for analytics: called as the views are, `key`, a column per member (or `document`, as JSON), `_partition`, `_position`, `_gone`. One process has the file open, and a batch is
// written in one transaction of it, with those of other views that come at the same time, on the disk when it ends. DuckDB is loaded when the file is first opened.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { duckDbFile, type DuckDbFile } from './duckdb/file.ts'
import { HeldElsewhere } from './duckdb/failure.ts'
import { rowsOf } from './duckdb/rows.ts'
import { selectFrom } from './duckdb/select.ts'
import { serve } from './duckdb/socket.ts'
import { create, drop, quoted, tablesOf } from './duckdb/tables.ts'
import type { Together } from './duckdb/together.ts'
import type { AnalyticSink } from './sink.ts'

const BUILD_CHARACTERS = 8
/** A batch costs a flush of the disk and a look through the keys, whatever its size. Measured on 200,000 versions, from the feed to the file, in versions per second of a processor: 14,000 in batches of 500, 22,000 of 2,000, 25,000 of 5,000, 23,000 of 10,000. */
export const DUCKDB_BATCH_VERSIONS = 5_000
/** Analytics may be a second behind: thirteen views that come more often would cost more than the documents do. */
export const DUCKDB_GATHER_MS = 1_000
/** How long whoever asks whether the file is this process's waits until it is open. */
const OPENED_WITHIN_MS = 200

export interface DuckDbSinkOptions {
  readonly path: string
  readonly name?: string
  /** Whether other processes may ask it. */
  readonly isServed?: boolean
  /** Whether another process that has the file is asked to give it up meanwhile. */
  readonly takes?: boolean
}

export function duckdbSink({ path, name = 'duckdb', isServed = false, takes = false }: DuckDbSinkOptions): AnalyticSink {
  const select: AnalyticSink['select'] = (...asked) => selectFrom(file, ...asked)
  const file: DuckDbFile = duckDbFile({
    path,
    takes,
    ...(isServed && { beside: () => serve(path, { select, giveUp: () => file.giveUp() }) }),
  })
  let writes: Together | undefined
  /** By view: while its writers are held back. */
  const holds = new Map<string, Promise<void>>()

  async function held<Result>(view: string, work: () => Promise<Result>): Promise<Result> {
    const { promise, resolve } = Promise.withResolvers<void>()
    holds.set(view, promise)
    try {
      // Who writes already is waited for.
      await writes?.settled()
      return await work()
    } finally {
      holds.delete(view)
      resolve()
    }
  }

  return {
    name,
    pace: { batchVersions: DUCKDB_BATCH_VERSIONS, gatherMs: DUCKDB_GATHER_MS },
    async isMine() {
      const isHeld = (error: unknown): boolean => !(error instanceof HeldElsewhere)
      return Promise.race([file.open().then(() => true, isHeld), sleep(OPENED_WITHIN_MS, false)])
    },
    async open(projection, slot) {
      const tables = tablesOf(projection, slot)
      const [{ viewOf }, { together }] = await Promise.all([import('./duckdb/view.ts'), import('./duckdb/together.ts')])
      writes ??= together(file)
      const build = await file.write(async (connection) => {
        for (const table of [tables.documents, tables.memories]) await connection.run(create(table))
        const [found] = await rowsOf(connection, 'select build from _strata_slots where view = $1 and slot = $2', [projection.name, slot])
        if (found) return String(found[0])
        const made = randomUUID().slice(0, BUILD_CHARACTERS)
        await connection.run('insert into _strata_slots values ($1, $2, $3, $4)', [projection.name, slot, projection.version, made])
        return made
      })
      return viewOf({ file, writes, tables, build, held: () => (slot === 'live' ? holds.get(projection.name) : undefined) })
    },
    async liveVersion({ name: view }) {
      const [found] = await file.read((connection) =>
        rowsOf(connection, "select version from _strata_slots where view = $1 and slot = 'live'", [view]),
      )
      return found && Number(found[0])
    },
    async swap(projection, catchUp) {
      const { name: view } = projection
      const [live, next] = [tablesOf(projection, 'live'), tablesOf(projection, 'next')]
      await held(view, async () => {
        const isNext = await file.read((connection) =>
          rowsOf(connection, "select 1 from _strata_slots where view = $1 and slot = 'next'", [view]),
        )
        if (isNext.length === 0) return
        await catchUp?.()
        await file.write(async (connection) => {
          for (const table of [live.documents, live.memories]) await connection.run(drop(table))
          await connection.run(`alter table ${next.documents.name} rename to ${live.documents.name}`)
          await connection.run(`alter table ${next.memories.name} rename to ${live.memories.name}`)
          for (const table of ['_strata_slots', '_strata_places']) {
            await connection.run(`delete from ${table} where view = $1 and slot = 'live'`, [view])
            await connection.run(`update ${table} set slot = 'live' where view = $1 and slot = 'next'`, [view])
          }
        })
      })
    },
    async drop(projection, slot) {
      const { documents, memories } = tablesOf(projection, slot)
      await file.write(async (connection) => {
        for (const table of [documents, memories]) await connection.run(drop(table))
        for (const table of ['_strata_slots', '_strata_places'])
          await connection.run(`delete from ${quoted(table)} where view = $1 and slot = $2`, [projection.name, slot])
      })
    },
    select,
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
}
