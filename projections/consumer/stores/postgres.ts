// A consumer's store in PostgreSQL: a schema of its own in the consumer's database. The handler writes in the same transaction, so its effect there is exactly once.
import type { Pool, PoolClient } from 'pg'
import { ForeignVersion } from '../failure.ts'
import { keyOf, type VersionRecord } from '../record.ts'
import type { Progress, Span, Store, Within } from '../store.ts'

export interface PostgresStoreOptions {
  readonly pool: Pool
  /** One for each consumer of the database. Default `strata_consumer`. */
  readonly schema?: string
}

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/

/** What the store needs: made by openPostgresStore where the schema is not there, or before that by whoever may. */
export const postgresDdl = (schema = 'strata_consumer'): string => `
create schema ${schema};
-- every version that came, once: the primary key dedupes
create table ${schema}.received (
  entity_id text collate "C", version integer check (version > 0), recorded_at timestamptz not null, record jsonb not null,
  received_at timestamptz not null default now(), primary key (entity_id, version));
-- of each entity: the last version handled, the greatest that came, and how many came
create table ${schema}.progress (
  entity_id text collate "C" primary key, handled integer not null default 0, seen integer not null default 0, received integer not null default 0
) with (fillfactor = 80);
create table ${schema}.cursors (source text primary key, cursor text not null);
-- versions that did not come, though later ones did; an entity begins with version 1, so what is before it is always there
create view ${schema}.gaps as
  with lacking as (select entity_id from ${schema}.progress where received < seen),
  versions as (
    select entity_id, 0 as version from lacking
    union all select r.entity_id, r.version from lacking join ${schema}.received r using (entity_id)),
  steps as (select entity_id, version, lead(version) over (partition by entity_id order by version) as next from versions)
  select entity_id, version + 1 as from_version, next - 1 as to_version from steps where next > version + 1;
`

export async function openPostgresStore({ pool, schema = 'strata_consumer' }: PostgresStoreOptions): Promise<Store<PoolClient>> {
  if (!SCHEMA_NAME.test(schema)) throw new TypeError(`a schema is named with a-z, 0-9 and _, not ${schema}`)
  await inTransaction(pool, async (client) => {
    await client.query("select pg_advisory_xact_lock(hashtext('strata consumer ' || $1))", [schema])
    const { rowCount } = await client.query('select from pg_namespace where nspname = $1', [schema])
    if (rowCount === 0) await client.query(postgresDdl(schema))
  })
  const statements = statementsOf(schema)
  return {
    transaction: (work) => inTransaction(pool, (client) => work(within(client, statements))),
    async cursor(source) {
      const { rows } = await pool.query<{ cursor: string }>(`select cursor from ${schema}.cursors where source = $1`, [source])
      return rows[0]?.cursor
    },
    async left(limit) {
      return (await pool.query<{ record: VersionRecord }>(statements.left, [limit])).rows.map(({ record }) => record)
    },
    async gaps(limit) {
      const text = `select entity_id as "entityId", from_version as "from", to_version as "to" from ${schema}.gaps order by 1, 2 limit $1`
      return (await pool.query<Span>(text, [limit])).rows
    },
  }
}

const statementsOf = (schema: string) => ({
  // In the order of the ids, so that two consumers never wait for each other in a circle; the update that changes nothing locks the row.
  progress: `
    insert into ${schema}.progress as p (entity_id) select id from unnest($1::text[]) id order by id collate "C"
    on conflict (entity_id) do update set entity_id = excluded.entity_id
    returning entity_id as "entityId", handled, seen, received`,
  keep: `
    insert into ${schema}.received (entity_id, version, recorded_at, record)
    select r ->> 'entityId', (r ->> 'version')::integer, (r ->> 'recordedAt')::timestamptz, r from jsonb_array_elements($1) r order by 1, 2
    on conflict (entity_id, version) do nothing returning entity_id as "entityId", version`,
  foreign: `
    select w.entity_id as "entityId", w.version from unnest($1::text[], $2::integer[], $3::timestamptz[]) w(entity_id, version, recorded_at)
    cross join lateral (select recorded_at from ${schema}.received r where r.entity_id = w.entity_id and r.version = w.version offset 0) r
    where r.recorded_at <> w.recorded_at limit 1`,
  // The inner query is planned by itself: whatever the statistics say, by the primary key.
  kept: `
    select r.record from unnest($1::text[], $2::integer[], $3::integer[]) w(entity_id, lowest, highest)
    cross join lateral (select record from ${schema}.received r where r.entity_id = w.entity_id and r.version between w.lowest and w.highest offset 0) r`,
  left: `
    select r.record from ${schema}.progress p
    cross join lateral (select record from ${schema}.received r where r.entity_id = p.entity_id and r.version = p.handled + 1 offset 0) r
    where p.handled < p.seen limit $1`,
  advance: `
    insert into ${schema}.progress (entity_id, handled, seen, received)
    select * from unnest($1::text[], $2::integer[], $3::integer[], $4::integer[])
    on conflict (entity_id) do update set handled = excluded.handled, seen = excluded.seen, received = excluded.received`,
  saveCursor: `
    insert into ${schema}.cursors (source, cursor) values ($1, $2) on conflict (source) do update set cursor = excluded.cursor`,
})

type Key = Pick<VersionRecord, 'entityId' | 'version'>

function within(client: PoolClient, statements: ReturnType<typeof statementsOf>): Within<PoolClient> {
  return {
    transaction: client,
    async progress(entityIds) {
      if (entityIds.length === 0) return new Map()
      const { rows } = await client.query<Progress & { readonly entityId: string }>(statements.progress, [entityIds])
      return new Map(rows.map(({ entityId, handled, seen, received }) => [entityId, { handled, seen, received }]))
    },
    async keep(records) {
      const { rows } = await client.query<Key>(statements.keep, [JSON.stringify(records)])
      const fresh = new Set(rows.map(keyOf))
      const again = records.filter((record) => !fresh.has(keyOf(record)))
      if (again.length > 0) {
        const columns = [
          again.map(({ entityId }) => entityId),
          again.map(({ version }) => version),
          again.map(({ recordedAt }) => recordedAt),
        ]
        const [foreign] = (await client.query<Key>(statements.foreign, columns)).rows
        if (foreign) throw new ForeignVersion(keyOf(foreign))
      }
      return records.filter((record) => fresh.has(keyOf(record)))
    },
    async kept(spans) {
      const columns = [spans.map(({ entityId }) => entityId), spans.map(({ from }) => from), spans.map(({ to }) => to)]
      const { rows } = await client.query<{ record: VersionRecord }>(statements.kept, columns)
      return rows.map(({ record }) => record)
    },
    async advance(progress) {
      const all = [...progress.values()]
      await client.query(statements.advance, [
        [...progress.keys()],
        all.map(({ handled }) => handled),
        all.map(({ seen }) => seen),
        all.map(({ received }) => received),
      ])
    },
    async saveCursor(source, cursor) {
      await client.query(statements.saveCursor, [source, cursor])
    },
  }
}

async function inTransaction<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    await client.query('begin isolation level read committed')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    // A connection that failed is closed, which undoes what it had begun.
    client.release(failure)
  }
}
