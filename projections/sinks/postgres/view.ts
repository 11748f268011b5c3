// One view in PostgreSQL: a batch is one statement, and does nothing where another build has taken the place of the one that was opened, or a crash has taken it back to before where the batch begins.
import pg from 'pg'
import type { Database } from '../../../ledger/database.ts'
import type { Instant } from '../../../ledger/instant.ts'
import type { JsonObject } from '../../../ledger/json.ts'
import { jsonArray, numberArray, textArray } from '../../../ledger/sql-array.ts'
import type { Contents, Kept } from '../../fold.ts'
import { Superseded, type Batch, type View, type ViewQuestion } from '../sink.ts'
import { isMember, type Tables } from './tables.ts'

const PAGE_ROWS = 1_000
const UNDEFINED_TABLE = '42P01'
export const isUndefinedTable = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE

interface Row {
  readonly key: string
  readonly document: JsonObject | null
  readonly partition: number
  readonly position: number
}

const KEPT = 'key, document, partition, position'
const fromRow = ({ key, document, partition, position }: Row): Kept => ({ key, body: document, partition, position })

export function viewOf(database: Database, { home, view, slot, documents, memories }: Tables, build: number): View {
  const upsert = (name: string, first: number): string => `
    insert into ${name} as t (${KEPT})
    select n.* from b, unnest($${first}::text[], $${first + 1}::jsonb[], $${first + 2}::integer[], $${first + 3}::bigint[]) n
    on conflict (key) do update set document = excluded.document, position = excluded.position where t.position < excluded.position`
  // A swap locks the table first, and the statement sees what is there when it has got past that lock: so the build that it looks at is the one that it writes into. A crash may have taken it back.
  const write = `
    with b as materialized (
      select from ${home.slots} where view = $9 and slot = $10 and build = $11 and not exists (
        select from unnest($12::integer[], $15::bigint[]) n (partition, begins)
        left join ${home.places} p on p.view = $9 and p.slot = $10 and p.partition = n.partition
        where coalesce(p.position, 0) < n.begins
      )
    ),
    d as (${upsert(documents, 1)}), m as (${upsert(memories, 5)}),
    p as (
      insert into ${home.places} as t (view, slot, partition, position, recorded_at)
      select $9, $10, n.* from b, unnest($12::integer[], $13::bigint[], $14::timestamptz[]) n
      on conflict (view, slot, partition) do update set position = excluded.position, recorded_at = excluded.recorded_at where t.position < excluded.position
    )
    select from b`
  const load = `
    select 'm' as of, ${KEPT} from ${memories} where key = any ($1)
    union all select 'd', ${KEPT} from ${documents} where key = any ($2)`

  const ofThisBuild = <Row extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>> =>
    database.query<Row>(query).catch((error: unknown) => {
      throw isUndefinedTable(error) ? new Superseded({ name: view }) : error
    })

  return {
    async places() {
      const { rows } = await database.query<{ partition: number; position: number; recorded_at: Instant }>(
        `select partition, position, recorded_at from ${home.places} where view = $1 and slot = $2`,
        [view, slot],
      )
      return new Map(rows.map(({ partition, position, recorded_at: recordedAt }) => [partition, { position, recordedAt }]))
    },
    // One statement, one snapshot: memories are as old as the documents.
    async load(needed): Promise<Contents> {
      const { rows } = await ofThisBuild<Row & { of: 'm' | 'd' }>({
        name: `load ${documents}`,
        text: load,
        values: [textArray(needed.memories), textArray(needed.documents)],
      })
      const some = (of: 'm' | 'd') => new Map(rows.filter((row) => row.of === of).map((row) => [row.key, fromRow(row)]))
      return { documents: some('d'), memories: some('m') }
    },
    async write(batch: Batch) {
      const places = [...batch.places].toSorted(([a], [b]) => a - b)
      const { rowCount } = await ofThisBuild({
        name: `write ${documents}`,
        text: write,
        values: [
          ...columns([...batch.documents.values()]),
          ...columns([...batch.memories.values()]),
          view,
          slot,
          build,
          numberArray(places.map(([partition]) => partition)),
          numberArray(places.map(([, place]) => place.position)),
          textArray(places.map(([, place]) => place.recordedAt)),
          numberArray(places.map(([partition]) => batch.begins.get(partition) ?? 0)),
        ],
      })
      if (rowCount === 0) throw new Superseded({ name: view })
    },
    async read({ filters, key, after, limit }: ViewQuestion) {
      const values: unknown[] = [limit + 1, after ?? '']
      const and = (condition: (place: string) => string, value: string): string => `and ${condition(`$${values.push(value)}`)}`
      const conditions = [
        ...(key === undefined ? [] : [and((place) => `key = ${place}`, key)]),
        ...Object.entries(filters).map(([name, value]) => and((place) => isMember(name, value, place), value)),
      ]
      const { rows } = await database.query<Row & { document: JsonObject }>(
        `select ${KEPT} from ${documents} where document is not null and key > $2 ${conditions.join(' ')} order by key limit $1`,
        values,
      )
      const found = rows.map(({ key: own, document, partition, position }) => ({ key: own, document, seen: { partition, position } }))
      return { documents: found.slice(0, limit), hasMore: found.length > limit }
    },
    async *all() {
      for (let after = ''; ;) {
        const { rows } = await database.query<Row>(`select ${KEPT} from ${documents} where key > $1 order by key limit $2`, [
          after,
          PAGE_ROWS,
        ])
        yield* rows.map(fromRow)
        const last = rows.at(-1)
        if (!last || rows.length < PAGE_ROWS) return
        after = last.key
      }
    },
  }
}

/** In the order of keys, so that two writers never wait for each other in a circle. */
function columns(kept: readonly Kept[]): readonly string[] {
  const rows = kept.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return [
    textArray(rows.map((row) => row.key)),
    jsonArray(rows.map((row) => (row.body === null ? null : JSON.stringify(row.body)))),
    numberArray(rows.map((row) => row.partition)),
    numberArray(rows.map((row) => row.position)),
  ]
}
