// What the doctor looks at in the database: settings that durability and speed hang on, its clock, and who holds old snapshots.

import type pg from 'pg'
import { pendingSteps } from '../../ledger/migrate.ts'
import { ledgerSchema, misfit, SCHEMA_VERSION } from '../../ledger/schema-version.ts'
import { aligned } from '../output.ts'
import { type Finding, fail, ok, warn } from './check.ts'

const MAX_SKEW_MS = 1_000
const OLD_SNAPSHOT_MINUTES = 5

export async function version(client: pg.Client, oldest: number): Promise<Finding> {
  const { rows } = await client.query<{ version: string; number: number }>(
    "select current_setting('server_version') as version, current_setting('server_version_num')::integer as number",
  )
  const [found] = rows
  const detail = `PostgreSQL ${found?.version} at ${client.host}:${client.port}, database ${client.database}`
  return (found?.number ?? 0) >= oldest * 10_000 ? ok(detail) : fail(detail, `use PostgreSQL ${oldest} or newer`)
}

export async function schema(client: pg.Client): Promise<Finding> {
  const found = await ledgerSchema(client)
  if (found === undefined) return fail('there is no ledger in this database', 'run `strata migrate`')
  if (found.version > SCHEMA_VERSION) {
    const refused = misfit(found)
    if (refused !== undefined) return fail(refused, 'upgrade the program')
    return ok(`schema version ${found.version}, newer than this program's ${SCHEMA_VERSION}, which works on it`)
  }
  const pending = await pendingSteps(client)
  if (pending.length > 0) return fail(`not applied yet: ${pending.join(', ')}`, 'run `strata migrate`')
  const { rows } = await client.query<{ count: string }>('select count(*) as count from ledger.partitions')
  return ok(`schema version ${found.version}, ${rows[0]?.count} partitions`)
}

const DURABLE: Readonly<Record<string, readonly string[]>> = {
  fsync: ['on'],
  full_page_writes: ['on'],
  synchronous_commit: ['on', 'remote_apply', 'remote_write', 'local'],
}

/** With one of these off, what was acknowledged may be gone after a crash. */
export async function durability(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any ($1) order by name',
    [Object.keys(DURABLE)],
  )
  const detail = rows.map(({ name, setting }) => `${name} ${setting}`).join(', ')
  const bad = rows.filter(({ name, setting }) => !DURABLE[name]?.includes(setting)).map(({ name }) => name)
  return bad.length === 0 ? ok(detail) : fail(detail, `set ${bad.join(' and ')} to on: acknowledged versions can be lost in a crash`)
}

export async function autovacuum(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ on: boolean; tables: string[] }>(
    `select current_setting('autovacuum')::boolean and current_setting('track_counts')::boolean as on,
       array(select c.relname::text from pg_class c where c.relnamespace = to_regnamespace('ledger') and 'autovacuum_enabled=false' = any (c.reloptions) order by 1) as tables`,
  )
  const [found] = rows
  if (!found?.on) return warn('autovacuum is off', 'switch it on: every update leaves a dead row, and appends slow down')
  if (found.tables.length > 0)
    return warn(`autovacuum is off for ${found.tables.join(', ')}`, 'alter table ledger.… reset (autovacuum_enabled)')
  return ok('autovacuum on')
}

export async function clock(client: pg.Client): Promise<Finding> {
  const sent = Date.now()
  const { rows } = await client.query<{ micros: string }>('select (extract(epoch from clock_timestamp()) * 1000)::bigint as micros')
  const received = Date.now()
  const skew = Math.round(Number(rows[0]?.micros) - (sent + received) / 2)
  const detail = `the database's clock is ${Math.abs(skew)} ms ${skew < 0 ? 'behind' : 'ahead of'} this machine's`
  if (Math.abs(skew) <= MAX_SKEW_MS + (received - sent)) return ok(detail)
  return warn(detail, "set both by NTP: recorded times are the database's")
}

/** What holds the horizon of vacuum: transactions that began long ago, prepared ones included. */
export async function snapshots(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ who: string; what: string; age: string; end: string }>(
    `select 'pid ' || a.pid || ' ' || coalesce(nullif(a.application_name, ''), a.backend_type) as who, coalesce(a.state, '') as what,
       date_trunc('second', clock_timestamp() - a.xact_start)::text as age, format('select pg_terminate_backend(%s)', a.pid) as end
     from pg_stat_activity a
     where a.pid <> pg_backend_pid() and a.backend_type in ('client backend', 'walsender') and a.xact_start < clock_timestamp() - make_interval(mins => $1)
     union all
     select 'prepared transaction ' || p.gid, 'prepared', date_trunc('second', clock_timestamp() - p.prepared)::text, format('rollback prepared %L', p.gid)
     from pg_prepared_xacts p where p.prepared < clock_timestamp() - make_interval(mins => $1)
     order by age desc limit 10`,
    [OLD_SNAPSHOT_MINUTES],
  )
  if (rows.length === 0) return ok(`no transaction is older than ${OLD_SNAPSHOT_MINUTES} minutes`)
  const list = aligned(rows.map(({ who, what, age }) => [who, what, `open for ${age}`]))
  return warn(
    `old transactions keep dead rows from being cleaned away: ${list.join('; ')}`,
    `end them: ${rows.map(({ end }) => end).join('; ')}; and set idle_in_transaction_session_timeout`,
  )
}
