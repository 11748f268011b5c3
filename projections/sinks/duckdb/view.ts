// One view in DuckDB: a batch is written in one transaction, and does nothing where another build has taken the place of the one that was opened.
import { listValue, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api'
import type { Kept } from '../../fold.ts'
import { Superseded, type Batch, type Places, type View, type ViewQuestion } from '../sink.ts'
import { columnName, type Cell } from '../table-form.ts'
import { append, columnsOf } from './chunk.ts'
import type { DuckDbFile } from './file.ts'
import { rowsOf } from './rows.ts'
import { asCell, memberText, merge, select, stage, type Table, type Tables } from './tables.ts'
import type { Together } from './together.ts'

export interface ViewOptions {
  readonly file: DuckDbFile
  readonly writes: Together
  readonly tables: Tables
  readonly build: string
  /** While its writers are held back: until when. */
  readonly held: () => Promise<void> | undefined
}

const PLACES = `select "partition", "position", ${asCell('recorded_at', 'instant')} from _strata_places where view = $1 and slot = $2`

export function viewOf({ file, writes, tables, build, held }: ViewOptions): View {
  const { view, slot, documents, memories } = tables

  /** Of this build, at the moment that the transaction sees. */
  async function assertInSlot(connection: DuckDBConnection): Promise<void> {
    const found = await rowsOf(connection, 'select build from _strata_slots where view = $1 and slot = $2', [view, slot])
    if (found[0]?.[0] !== build) throw new Superseded({ name: view })
  }

  async function put(connection: DuckDBConnection, table: Table, values: readonly DuckDBValue[][]): Promise<void> {
    if (values[0]?.length === 0) return
    await connection.run(stage(table))
    await append(connection, table, values)
    await connection.run(merge(table))
  }

  const of = (table: Table, where: string, values: DuckDBValue[]): Promise<readonly Kept[]> =>
    file.read(async (connection) => {
      await assertInSlot(connection)
      return (await rowsOf(connection, `${select(table)} ${where}`, values)).map((cells) => toKept(table, cells))
    })

  return {
    places: () => file.read((connection) => placesOf(connection, view, slot)),
    load: ({ documents: wanted, memories: remembered }) =>
      file.read(async (connection) => {
        await assertInSlot(connection)
        return { memories: await some(connection, memories, remembered), documents: await some(connection, documents, wanted) }
      }),
    async write({ documents: changed, memories: remembered, places }: Batch) {
      const [rows, also] = [columnsOf(documents, [...changed.values()]), columnsOf(memories, [...remembered.values()])]
      for (let until = held(); until; until = held()) await until
      // In the same moment: whoever holds writers back waits for those that are there.
      await writes.write({
        view,
        slot,
        build,
        places,
        async put(connection) {
          await put(connection, documents, rows)
          await put(connection, memories, also)
        },
      })
    },
    async read({ filters, key, after = '', limit }: ViewQuestion) {
      const values: DuckDBValue[] = [limit + 1, after]
      const equals = (expression: string, value: string): string => `and ${expression} = $${values.push(value)}`
      const conditions = [
        ...(key === undefined ? [] : [equals('key', key)]),
        ...Object.entries(filters).map(([member, value]) => equals(memberText(documents, member, columnName(member)), value)),
      ]
      const kept = await of(documents, `where not _gone and key > $2 ${conditions.join(' ')} order by key limit $1`, values)
      const found = kept.map(({ key: own, body, partition, position }) => ({
        key: own,
        document: body ?? {},
        seen: { partition, position },
      }))
      return { documents: found.slice(0, limit), hasMore: found.length > limit }
    },
    async *all() {
      for (let after = ''; ;) {
        const kept = await of(documents, 'where key > $1 order by key limit $2', [after, PAGE_ROWS])
        yield* kept
        const last = kept.at(-1)
        if (!last || kept.length < PAGE_ROWS) return
        after = last.key
      }
    },
  }
}

/** Each page looks through the whole table. */
const PAGE_ROWS = 10_000

async function placesOf(connection: DuckDBConnection, view: string, slot: string): Promise<Places> {
  const rows = await rowsOf(connection, PLACES, [view, slot])
  return new Map(
    rows.map(([partition, position, recordedAt]) => [Number(partition), { position: Number(position), recordedAt: String(recordedAt) }]),
  )
}

async function some(connection: DuckDBConnection, table: Table, keys: readonly string[]): Promise<ReadonlyMap<string, Kept>> {
  if (keys.length === 0) return new Map()
  const rows = await rowsOf(connection, `${select(table)} where key in (select unnest($1::varchar[]))`, [listValue([...keys])])
  return new Map(rows.map((cells) => toKept(table, cells)).map((kept) => [kept.key, kept]))
}

function toKept({ form }: Table, cells: readonly Cell[]): Kept {
  const [partition, position, gone] = cells.slice(-3)
  return {
    key: String(cells[0]),
    body: gone === true ? null : form.toBody(cells.slice(1, -3)),
    partition: Number(partition),
    position: Number(position),
  }
}
