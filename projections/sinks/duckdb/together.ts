// Batches of all views on their way into the file: what has come while one transaction was on is the next one. To begin it, to end it and to move the places is most of what a small batch costs.
import { listValue, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api'
import { Superseded, type Place, type Places, type Slot } from '../sink.ts'
import type { DuckDbFile } from './file.ts'
import { rowsOf } from './rows.ts'

export interface FileBatch {
  readonly view: string
  readonly slot: Slot
  readonly build: string
  /** Writes its documents and memories. */
  readonly put: (connection: DuckDBConnection) => Promise<void>
  readonly places: Places
}

export interface Together {
  /** Throws Superseded, and what the file throws. */
  write(batch: FileBatch): Promise<void>
  /** What was given before has been written, or has failed. */
  settled(): Promise<void>
}

interface Waiting {
  readonly batch: FileBatch
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

const MOVE = `merge into _strata_places t
  using (select unnest($1::varchar[]) as view, unnest($2::varchar[]) as slot, unnest($3::integer[]) as "partition", unnest($4::bigint[]) as "position", unnest($5::varchar[]) as recorded_at) s
  on t.view = s.view and t.slot = s.slot and t."partition" = s."partition"
  when matched and t."position" < s."position" then update set "position" = s."position", recorded_at = cast(s.recorded_at as timestamp)
  when not matched then insert values (s.view, s.slot, s."partition", s."position", cast(s.recorded_at as timestamp))`

export function together(file: DuckDbFile): Together {
  let waiting: Waiting[] = []
  let isWriting = false
  const unsettled = new Set<Promise<void>>()

  async function writeAll(): Promise<void> {
    if (isWriting) return
    isWriting = true
    for (let group = waiting; group.length > 0; group = waiting) {
      waiting = []
      await writeGroup(group)
    }
    isWriting = false
  }

  /** Of those of which one can not be written, that one fails, and the others are written without it. */
  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    for (let left = group; left.length > 0;) {
      /** The one that is being put. */
      let at: Waiting | undefined
      try {
        const written = await file.write(async (connection) => {
          const inSlot = await thoseInSlot(connection, left)
          for (at of inSlot) await at.batch.put(connection)
          at = undefined
          await move(connection, inSlot)
          return inSlot
        })
        for (const one of written) one.done()
        return
      } catch (error) {
        const failed = at ? [at] : left
        for (const one of failed) one.failed(error)
        left = left.filter((one) => !failed.includes(one))
      }
    }
  }

  /** The others fail. */
  async function thoseInSlot(connection: DuckDBConnection, group: readonly Waiting[]): Promise<readonly Waiting[]> {
    const rows = await rowsOf(connection, 'select view, slot, build from _strata_slots')
    const builds = new Map(rows.map(([view, slot, build]) => [`${view} ${slot}`, build]))
    return group.filter(({ batch: { view, slot, build }, failed }) => {
      if (builds.get(`${view} ${slot}`) === build) return true
      failed(new Superseded({ name: view }))
      return false
    })
  }

  return {
    write(batch) {
      const { promise, resolve: done, reject: failed } = Promise.withResolvers<void>()
      waiting.push({ batch, done, failed })
      unsettled.add(promise)
      void writeAll()
      return promise.finally(() => unsettled.delete(promise))
    },
    settled: async () => void (await Promise.allSettled(unsettled)),
  }
}

async function move(connection: DuckDBConnection, group: readonly Waiting[]): Promise<void> {
  const furthest = new Map<string, readonly [FileBatch, number, Place]>()
  for (const { batch } of group)
    for (const [partition, place] of batch.places) {
      const name = `${batch.view} ${batch.slot} ${partition}`
      if (place.position > (furthest.get(name)?.[2].position ?? 0)) furthest.set(name, [batch, partition, place])
    }
  if (furthest.size === 0) return
  const rows = [...furthest.values()]
  const columns: DuckDBValue[] = [
    listValue(rows.map(([{ view }]) => view)),
    listValue(rows.map(([{ slot }]) => slot)),
    listValue(rows.map(([, partition]) => partition)),
    listValue(rows.map(([, , { position }]) => BigInt(position))),
    listValue(rows.map(([, , { recordedAt }]) => recordedAt)),
  ]
  await connection.run(MOVE, columns)
}
