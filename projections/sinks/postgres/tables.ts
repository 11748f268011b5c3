// Where a view is in PostgreSQL: a table of its documents and one of what is remembered, in the ledger's own schema `views` or in another one.
import pg from 'pg'
import type { Projection } from '../../projection.ts'
import type { Slot } from '../sink.ts'

/** The schema, and where its views are told of. */
export interface Home {
  readonly schema: string
  readonly slots: string
  readonly places: string
  readonly isLedgersOwn: boolean
  /** What has to be there; the ledger's own has it (schema.sql). */
  readonly ddl: readonly string[]
}

export const LEDGERS_OWN = 'views'

export function homeOf(name: string): Home {
  const schema = pg.escapeIdentifier(name)
  const [slots, places] = [`${schema}.slots`, `${schema}.places`]
  const ddl = [
    `create schema if not exists ${schema}`,
    `create table if not exists ${slots} (view text not null, slot text not null, version integer not null, build bigint not null generated always as identity, primary key (view, slot))`,
    `create table if not exists ${places} (view text not null, slot text not null, partition integer not null, position bigint not null, recorded_at timestamptz not null, primary key (view, slot, partition))`,
  ]
  return { schema, slots, places, isLedgersOwn: name === LEDGERS_OWN, ddl: name === LEDGERS_OWN ? [] : ddl }
}

export interface Tables {
  readonly home: Home
  readonly view: string
  readonly slot: Slot
  readonly documents: string
  readonly memories: string
}

export function tablesIn(home: Home, { name }: Projection, slot: Slot): Tables {
  const base = slot === 'live' ? name : `${name}__next`
  return {
    home,
    view: name,
    slot,
    documents: `${home.schema}.${pg.escapeIdentifier(base)}`,
    memories: `${home.schema}.${pg.escapeIdentifier(`${base}__memory`)}`,
  }
}

/** An index takes no more than some 2,700 bytes a row: of a longer text it has the beginning. */
export const INDEXED_CHARACTERS = 200

/** What a filter's index is on: a column, made of the document. With an index on an expression every update of a document would be one of all indexes; so one that leaves the filters as they are costs three fifths of that (measured). */
const filterName = (member: string): string => `by_${member}`
const filterColumn = (member: string): string => pg.escapeIdentifier(filterName(member))
const inDocument = (member: string): string => `document->>${pg.escapeLiteral(member)}`

/** Of documents whose member is the value, which is the parameter at `place`. What is shorter than the column can be is all there is. Else the document is asked, too; never without need: PostgreSQL knows nothing of how many have such a member, and would read all of an owner's for a page. */
export const isMember = (member: string, value: string, place: string): string =>
  value.length < INDEXED_CHARACTERS
    ? `${filterColumn(member)} = ${place}`
    : `${filterColumn(member)} = left(${place}, ${INDEXED_CHARACTERS}) and ${inDocument(member)} = ${place}`

const table = (name: string): string =>
  `create table if not exists ${name} (key text collate "C" primary key, document jsonb, partition integer not null, position bigint not null) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)`

/** The column of a filter, and its index, where the table lacks them. Indexes are unnamed, so that the names do not clash when tables are renamed. */
const withFilter = (name: string, member: string): string =>
  `do $$ begin
    if not exists (select from pg_attribute where attrelid = ${pg.escapeLiteral(name)}::regclass and attname = ${pg.escapeLiteral(filterName(member))}::name) then
      alter table ${name} add ${filterColumn(member)} text collate "C" generated always as (left(${inDocument(member)}, ${INDEXED_CHARACTERS})) stored;
      create index on ${name} (${filterColumn(member)}, key);
    end if;
  end $$`

export function ddl({ version, filters }: Projection, { home, view, slot, documents, memories }: Tables): readonly string[] {
  const values = [view, slot].map(pg.escapeLiteral).join(', ')
  return [
    table(documents),
    ...filters.map((filter) => withFilter(documents, filter)),
    table(memories),
    `insert into ${home.slots} (view, slot, version) values (${values}, ${version}) on conflict do nothing`,
    ...(home.isLedgersOwn ? grants(documents, memories) : []),
  ]
}

const grants = (documents: string, memories: string): readonly string[] => [
  `do $$ begin if current_user <> 'strata_server' and pg_has_role(current_user, 'strata_server', 'member') and not (select rolsuper from pg_roles where rolname = current_user) then
    alter table ${documents} owner to strata_server; alter table ${memories} owner to strata_server; end if; end $$`,
  `grant select on ${documents} to strata_auditor`,
]

export const drops = ({ home, view, slot, documents, memories }: Tables): readonly string[] => [
  `drop table if exists ${documents}`,
  `drop table if exists ${memories}`,
  ...[home.slots, home.places].map(
    (name) => `delete from ${name} where view = ${pg.escapeLiteral(view)} and slot = ${pg.escapeLiteral(slot)}`,
  ),
]
