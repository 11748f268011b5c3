// What the doctor looks at in the ledger's own defences: the roles, and every trigger and unique index that the DDL makes, present and in force.
// What there should be is read from the DDL itself, so a new guard is looked for as soon as it is written.

import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { kinds } from '../../ledger/entities/index.ts'
import { type Finding, fail, ok } from './check.ts'

const SCHEMA_SQL = new URL('../../schema.sql', import.meta.url)
const ROLES = ['strata_append', 'strata_auditor', 'strata_server'] as const

export async function roles(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ name: string; login: boolean; members: string[] }>(
    // since PostgreSQL 16 who makes a role is a member of it that may neither use nor become it
    `select r.rolname as name, r.rolcanlogin as login, array(
       select u.rolname::text from pg_auth_members m join pg_roles u on u.oid = m.member
       where m.roleid = r.oid and (coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) or coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true))
       order by 1) as members
     from pg_roles r where r.rolname = any ($1)`,
    [ROLES],
  )
  const missing = ROLES.filter((name) => !rows.some((row) => row.name === name))
  if (missing.length > 0)
    return fail(`there is no role ${missing.join(', ')}`, 'run `strata migrate` on a new database, or create it again')
  const writer = rows.find((row) => row.name === 'strata_append')
  if (writer?.login) return fail('strata_append can log in, so history could be written around append', 'alter role strata_append nologin')
  if (writer && writer.members.length > 0)
    return fail(
      `${writer.members.join(', ')} can become strata_append, and write around append`,
      writer.members.map((member) => `revoke strata_append from "${member}"`).join('; '),
    )
  return ok(`${ROLES.join(', ')}; nobody can become strata_append`)
}

type Named = Readonly<{ name: string; table: string }>

export async function guards(client: pg.Client): Promise<Finding> {
  const { triggers, indexes } = await expected()
  const { rows: found } = await client.query<Named & { on: boolean }>(
    `select t.tgname as name, t.tgrelid::regclass::text as table, t.tgenabled in ('O', 'A') as on from pg_trigger t
     where t.tgrelid in (select c.oid from pg_class c where c.relnamespace = 'ledger'::regnamespace) and not t.tgisinternal`,
  )
  const { rows: valid } = await client.query<{ name: string }>(
    `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = 'ledger'::regnamespace and i.indisunique and i.indisvalid and i.indisready`,
  )
  const { rows: session } = await client.query<{ role: string }>("select current_setting('session_replication_role') as role")
  const { rows: writers } = await client.query<{ name: string }>(
    `select p.proname as name from pg_proc p where p.pronamespace = 'ledger'::regnamespace and p.proname in ('append', 'lock', 'settle')
       and (not p.prosecdef or p.proowner <> 'strata_append'::regrole)`,
  )
  const at = (one: Named) => found.find(({ name, table }) => name === one.name && table === one.table)
  const bad = [
    ...triggers.filter((one) => !at(one)).map(({ name, table }) => `trigger ${name} on ${table} is missing`),
    ...triggers.filter((one) => at(one)?.on === false).map(({ name, table }) => `trigger ${name} on ${table} is disabled`),
    ...indexes.filter((name) => !valid.some((row) => row.name === name)).map((name) => `unique index ${name} is missing or not valid`),
    ...session
      .filter(({ role }) => role !== 'origin')
      .map(({ role }) => `session_replication_role is ${role}, which switches triggers off`),
    ...writers.map(({ name }) => `function ledger.${name} does not run as strata_append`),
  ]
  if (bad.length === 0) return ok(`${triggers.length} triggers and ${indexes.length} unique indexes are in force`)
  return fail(
    bad.join('; '),
    'somebody changed the schema: put it back (alter table … enable trigger …, or from schema.sql), then run `strata verify`',
  )
}

async function expected(): Promise<{ readonly triggers: readonly Named[]; readonly indexes: readonly string[] }> {
  const files = [SCHEMA_SQL, ...Object.values(kinds).flatMap(({ sql }) => (sql ? [sql] : []))]
  const ddl = (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n').replaceAll(/--.*$/gm, '')
  const triggers = [...ddl.matchAll(/^\s*create (?:or replace )?(?:constraint )?trigger (\w+)\s[^;]*?\son (ledger\.\w+)/gim)]
  const indexes = [...ddl.matchAll(/create unique index (?:if not exists )?(\w+)|constraint (\w+) (?:primary key|unique)/gi)]
  return {
    triggers: triggers.map(([, name = '', table = '']) => ({ name, table })),
    indexes: indexes.map(([, index, constraint]) => index ?? constraint ?? ''),
  }
}
