// Views as tables of PostgreSQL, in the schema `views`: `key, document (jsonb), partition, position`. A batch is one statement, so that documents, memories and places are written together or not at all; what
// is there and as new stays. Not waited for until it is on the disk: a crash takes a view back to an earlier place, whole, and the runner goes on from there.
import pg from 'pg'
import { onConnection, openDatabase, type Connection, type Database } from '../../ledger/database.ts'
import type { Instant } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { jsonArray, numberArray, textArray } from '../../ledger/sql-array.ts'
import type { Contents, Kept } from '../fold.ts'
import type { Projection } from '../projection.ts'
import { Superseded, type Batch, type Sink, type Slot, type View, type ViewQuestion } from './sink.ts'

const CONNECTIONS = 4
const PAGE_ROWS = 1_000
const UNDEFINED_TABLE = '42P01'

interface Row {
  readonly key: string
  readonly document: JsonObject | null
  readonly partition: number
  readonly position: number
}

const fromRow = ({ key, document, partition, position }: Row): Kept => ({ key, body: document, partition, position })

export function postgresSink({ url, name = 'postgres' }: { readonly url: string; readonly name?: string }): Sink {
  const database = openDatabase({ url, connections: CONNECTIONS, name: 'views', synchronousCommit: false })
  return {
    name,
    async open(projection, slot) {
      const tables = tablesOf(projection, slot)
      const build = await alone(database, async (connection) => {
        for (const statement of ddl(projection, slot, tables)) await connection.query(statement)
        const { rows } = await connection.query<{ build: number }>('select build from views.slots where view = $1 and slot = $2', [
          projection.name,
          slot,
        ])
        return rows[0]?.build ?? 0
      })
      return viewOf(database, tables, build)
    },
    async liveVersion({ name: view }) {
      const { rows } = await database.query<{ version: number }>("select version from views.slots where view = $1 and slot = 'live'", [
        view,
      ])
      return rows[0]?.version
    },
    async swap(projection, catchUp) {
      const [live, next] = [tablesOf(projection, 'live'), tablesOf(projection, 'next')]
      await alone(database, async (connection) => {
        const { rowCount } = await connection.query("select from views.slots where view = $1 and slot = 'next'", [projection.name])
        if (rowCount === 0) return
        // Writers of what is live wait from here on, readers only for the moment of the renaming: and that not for long behind a reader who takes his time.
        await connection.query(`set local lock_timeout = ${SWAP_LOCK_MS}`)
        if ((await connection.query('select where to_regclass($1) is not null', [live.documents])).rowCount === 1)
          await connection.query(`lock table ${live.documents} in share row exclusive mode`)
        await catchUp?.()
        for (const statement of [...drops(live), ...dropSlot(projection.name, 'live')]) await connection.query(statement)
        await connection.query(`alter table ${next.documents} rename to ${pg.escapeIdentifier(projection.name)}`)
        await connection.query(`alter table ${next.memories} rename to ${pg.escapeIdentifier(`${projection.name}__memory`)}`)
        for (const table of ['slots', 'places'])
          await connection.query(`update views.${table} set slot = 'live' where view = $1 and slot = 'next'`, [projection.name])
      })
    },
    async drop(projection, slot) {
      await alone(database, async (connection) => {
        for (const statement of [...drops(tablesOf(projection, slot)), ...dropSlot(projection.name, slot)])
          await connection.query(statement)
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

interface Tables {
  readonly view: string
  readonly slot: Slot
  readonly documents: string
  readonly memories: string
}

function tablesOf({ name }: Projection, slot: Slot): Tables {
  const base = slot === 'live' ? name : `${name}__next`
  return { view: name, slot, documents: `views.${pg.escapeIdentifier(base)}`, memories: `views.${pg.escapeIdentifier(`${base}__memory`)}` }
}

/** An index takes no more than some 2,700 bytes a row: of a longer text it has the beginning. */
const INDEXED_CHARACTERS = 200
const indexed = (member: string): string => `left(document->>${pg.escapeLiteral(member)}, ${INDEXED_CHARACTERS}) collate "C"`

const table = (name: string): string =>
  `create table if not exists ${name} (key text collate "C" primary key, document jsonb, partition integer not null, position bigint not null) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)`

function ddl({ name, version, filters }: Projection, slot: Slot, { documents, memories }: Tables): readonly string[] {
  return [
    table(documents),
    table(memories),
    // Unnamed, so that the names do not clash when tables are renamed.
    `do $$ begin
      if not exists (select from views.slots where view = ${pg.escapeLiteral(name)} and slot = ${pg.escapeLiteral(slot)}) then
        ${filters.map((filter) => `create index on ${documents} (${indexed(filter)}, key);`).join('\n')}
        insert into views.slots (view, slot, version) values (${pg.escapeLiteral(name)}, ${pg.escapeLiteral(slot)}, ${version});
      end if;
    end $$`,
    `do $$ begin if current_user <> 'strata_server' and pg_has_role(current_user, 'strata_server', 'member') and not (select rolsuper from pg_roles where rolname = current_user) then
      alter table ${documents} owner to strata_server; alter table ${memories} owner to strata_server; end if; end $$`,
    `grant select on ${documents} to strata_auditor`,
  ]
}

const drops = ({ documents, memories }: Tables): readonly string[] => [
  `drop table if exists ${documents}`,
  `drop table if exists ${memories}`,
]
const dropSlot = (view: string, slot: Slot): readonly string[] =>
  ['slots', 'places'].map((name) => `delete from views.${name} where view = ${pg.escapeLiteral(view)} and slot = ${pg.escapeLiteral(slot)}`)

function viewOf(database: Database, { view, slot, documents, memories }: Tables, build: number): View {
  const upsert = (name: string, first: number): string => `
    insert into ${name} as t (key, document, partition, position)
    select n.* from b, unnest($${first}::text[], $${first + 1}::jsonb[], $${first + 2}::integer[], $${first + 3}::bigint[]) n
    on conflict (key) do update set document = excluded.document, position = excluded.position where t.position < excluded.position`
  // A swap locks the table first, and the statement sees what is there when it has got past that lock: so the build that it looks at is the one that it writes into.
  const write = `
    with b as materialized (select from views.slots where view = $9 and slot = $10 and build = $11),
    d as (${upsert(documents, 1)}), m as (${upsert(memories, 5)}),
    p as (
      insert into views.places as t (view, slot, partition, position, recorded_at)
      select $9, $10, n.* from b, unnest($12::integer[], $13::bigint[], $14::timestamptz[]) n
      on conflict (view, slot, partition) do update set position = excluded.position, recorded_at = excluded.recorded_at where t.position < excluded.position
    )
    select from b`
  const load = `
    select 'm' as of, k.* from ${memories} k where k.key = any ($1)
    union all select 'd', k.* from ${documents} k where k.key = any ($2)`

  const ofThisBuild = <Row extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>> =>
    database.query<Row>(query).catch((error: unknown) => {
      throw error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE ? new Superseded({ name: view }) : error
    })

  return {
    async places() {
      const { rows } = await database.query<{ partition: number; position: number; recorded_at: Instant }>(
        'select partition, position, recorded_at from views.places where view = $1 and slot = $2',
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
        ],
      })
      if (rowCount === 0) throw new Superseded({ name: view })
    },
    async read({ filters, key, after, limit }: ViewQuestion) {
      const values: unknown[] = [limit + 1, after ?? '']
      const and = (condition: (place: string) => string, value: string): string => `and ${condition(`$${values.push(value)}`)}`
      const conditions = [
        ...(key === undefined ? [] : [and((place) => `key = ${place}`, key)]),
        ...Object.entries(filters).map(([name, value]) =>
          and(
            (place) => `${indexed(name)} = left(${place}, ${INDEXED_CHARACTERS}) and document->>${pg.escapeLiteral(name)} = ${place}`,
            value,
          ),
        ),
      ]
      const { rows } = await database.query<Row & { document: JsonObject }>(
        `select key, document, partition, position from ${documents} where document is not null and key > $2 ${conditions.join(' ')} order by key limit $1`,
        values,
      )
      const found = rows.map(({ key: own, document, partition, position }) => ({ key: own, document, seen: { partition, position } }))
      return { documents: found.slice(0, limit), hasMore: found.length > limit }
    },
    async *all() {
      for (let after = ''; ;) {
        const { rows } = await database.query<Row>(
          `select key, document, partition, position from ${documents} where key > $1 order by key limit $2`,
          [after, PAGE_ROWS],
        )
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
