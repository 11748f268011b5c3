-- The ledger's whole DDL: tables, guards, the append function, the reads that need the database's own snapshot, roles.
-- Applied by `strata migrate` (ledger/migrate.ts) in one transaction, with strata.partitions set: `set local strata.partitions = 16`.
-- Each kind adds the checks on its own rows, and its typed view, in ledger/entities/KIND.sql.
-- What is promised here is promised whoever connects; docs/explanation/append-path.md says why it is built so.

create schema ledger;

-- Roles -------------------------------------------------------------------------------------------------------------
-- strata_append   owns the functions that write; no login, no members. Only it writes at all.
-- strata_server   what a server logs in as (grant it to a login role): reads, and writes through append alone.
-- strata_auditor  reads everything, writes nothing.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['strata_append', 'strata_server', 'strata_auditor'] loop
    begin
      if not exists (select from pg_roles where rolname = role_name) then
        execute format('create role %I nologin', role_name);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- roles belong to the whole cluster: another ledger is being created beside this one
    end;
  end loop;
end $$;

-- What has been applied to this ledger --------------------------------------------------------------------------------
create table ledger.migrations (
  version integer primary key,
  oldest_program integer not null, -- programs of this schema version and newer work on it
  applied_at timestamptz not null default clock_timestamp()
);
insert into ledger.migrations (version, oldest_program) values (1, 1);

-- The parts of a step to the next version (ledger/migrations/) that are done: who was interrupted goes on after them.
create table ledger.migration_parts (
  version integer,
  part integer,
  applied_at timestamptz not null default clock_timestamp(),
  primary key (version, part)
);

-- The SQL of the kinds: applied again when it changes.
create table ledger.kind_sql (
  kind text primary key,
  sha256 text not null,
  applied_at timestamptz not null default clock_timestamp()
);

-- Partitions --------------------------------------------------------------------------------------------------------
create table ledger.partitions (
  partition integer primary key,
  -- No version of this partition will ever be recorded at or before this time (raised by ledger.settle).
  settled_at timestamptz not null default '-infinity'
) with (fillfactor = 20);

insert into ledger.partitions (partition) select generate_series(0, current_setting('strata.partitions')::integer - 1);

-- The first 32 bits of SHA-256(owner) mod P; ledger/partition.ts is its twin. P is fixed when the ledger is created. A body that is parsed now, not text: a row rule calls it, and is prepared anew for each batch.
do $$ begin
  if current_setting('strata.partitions')::integer not between 1 and 256 then
    raise exception 'a ledger has 1 to 256 partitions, not %', current_setting('strata.partitions');
  end if;
  execute format($f$
    create function ledger.partition_of(entity_id text) returns integer language sql immutable strict parallel safe
    return ((('x' || left(encode(sha256(split_part(entity_id, ':', 2)::bytea), 'hex'), 8))::bit(32)::bigint) %% %1$s)::integer $f$,
    current_setting('strata.partitions')::integer);
end $$;

-- Versions ----------------------------------------------------------------------------------------------------------
-- Columns of fixed width first, widest first: no padding.
create table ledger.versions (
  position        bigint       not null, -- place in the partition's feed: 1, 2, 3 …, in commit order
  recorded_at     timestamptz  not null, -- when the ledger learned it: one instant per unit, rising from unit to unit within a partition
  effective_at    timestamptz  not null, -- when it holds in the business
  partition       integer      not null,
  version         integer      not null, -- place in the entity's history: 1, 2, 3 …
  command_seq     integer      not null, -- place of the row among its command's rows, from 0
  command_size    integer      not null, -- how many rows the command has
  schema_version  smallint     not null, -- of the shapes of data and state
  latest          boolean      not null,
  entity_id       text collate "C" not null,
  kind            text collate "C" not null,
  event           text collate "C" not null,
  command_scope   text collate "C" not null, -- the owner whose key command_id is
  command_id      text collate "C" not null,
  command_hash    bytea,                     -- SHA-256 of the command as given; on command_seq 0 only
  command_places  bigint[],                  -- partition, position, partition, position … of the command's other rows; on command_seq 0 only
  actor           text         not null,
  correlation_id  text         not null,
  causation_id    text,
  data            jsonb        not null, -- what changed
  state           jsonb        not null  -- the whole entity after it
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

-- The primary key comes last: as long as a table has no statistics, PostgreSQL holds all that begin with the partition for equally good, and takes the newest. Plans made then are kept,
-- and a probe for one version by versions_position goes through the whole partition (measured: as of, 60 ms instead of 0.2 ms in a partition of 300 versions).
alter table ledger.versions add constraint versions_position unique (partition, position);
create unique index versions_latest on ledger.versions (partition, entity_id) where latest;
create unique index versions_command_once on ledger.versions (partition, command_scope, command_id) where command_seq = 0;
alter table ledger.versions add constraint versions_pkey primary key (partition, entity_id, version);

-- For the kinds' own checks: exact decimals that fit (38,18), as strings in canonical form; never a JSON number. Several at once, as JSON texts with spaces between: one regular expression over
-- all decimals of a row costs less than half of one for each (measured: 3 us a row instead of 7, of about 40 in all).
create function ledger.are_decimals(json_texts text) returns boolean language sql immutable parallel safe as
$$ select json_texts ~ '^("(0|-?([1-9][0-9]{0,19}(\.[0-9]{0,17}[1-9])?|0\.[0-9]{0,17}[1-9]))"( |$))*$' $$;
create function ledger.is_decimal(value jsonb) returns boolean language sql immutable parallel safe as $$ select coalesce(ledger.are_decimals(value::text), false) $$;

-- Guards ------------------------------------------------------------------------------------------------------------
-- Per statement: only append's own role writes, and only from within append (versions) and settle (partitions); the table's owner and superusers do not. Nobody deletes or truncates.
create function ledger.refuse_writes() returns trigger language plpgsql as $$
declare
  v_context text;
begin
  get diagnostics v_context = pg_context;
  if current_user <> 'strata_append' or tg_op in ('DELETE', 'TRUNCATE') or v_context !~ ('\nPL/pgSQL function ledger\.' || tg_argv[0] || '\(') then
    raise exception '% on %.% is refused: the ledger is append-only', tg_op, tg_table_schema, tg_table_name
      using errcode = 'insufficient_privilege', hint = 'Write through ledger.append(...).';
  end if;
  return null;
end $$;

create trigger append_only before insert or update or delete or truncate on ledger.versions
  for each statement execute function ledger.refuse_writes('append');
create trigger append_only before insert or update or delete or truncate on ledger.partitions
  for each statement execute function ledger.refuse_writes('settle');

-- Per row, when inserted. Not CHECK constraints, which every flip of `latest` would evaluate again (measured: a third of an update). Kinds add theirs the same way.
-- Conditions stand in WHEN, so that no function runs for a row that is as it should be. Arguments: what should have been, and the rule's name where it is not the trigger's (which also says
-- when it fires: in alphabetical order).
create function ledger.refuse_row() returns trigger language plpgsql as $$
begin
  raise exception '% version % is refused: %', new.entity_id, new.version, coalesce(tg_argv[0], 'it breaks ' || tg_name)
    using errcode = 'check_violation', constraint = coalesce(tg_argv[1], tg_name);
end $$;

create trigger versions_from_one before insert on ledger.versions
  for each row when (not (new.version >= 1 and new.position >= 1 and new.schema_version >= 1)) execute function ledger.refuse_row();
create trigger versions_partition before insert on ledger.versions
  for each row when (new.partition <> ledger.partition_of(new.entity_id)) execute function ledger.refuse_row();
-- Later versions have the id of the first, so the first alone is held to its shape.
create trigger versions_entity_id before insert on ledger.versions
  for each row when (
    new.kind <> split_part(new.entity_id, ':', 1)
    or new.version = 1 and not (
      -- Lengths apart: counted within the expression ({1,64}), each character is a step of its own (measured: 10 us a row).
      new.entity_id ~ '^[a-z][a-z0-9]*:[A-Za-z0-9._~@-]+:[A-Za-z0-9._~@-]+$' and length(new.kind) <= 32
      and length(split_part(new.entity_id, ':', 2)) <= 64 and split_part(new.entity_id, ':', 2) not in ('.', '..')
      and length(split_part(new.entity_id, ':', 3)) <= 80 and split_part(new.entity_id, ':', 3) not in ('.', '..'))) execute function ledger.refuse_row();
create trigger versions_shape before insert on ledger.versions
  for each row when (jsonb_typeof(new.data) <> 'object' or jsonb_typeof(new.state) <> 'object') execute function ledger.refuse_row();
create trigger versions_command before insert on ledger.versions
  for each row when (
    new.command_seq not between 0 and new.command_size - 1
    or (new.command_seq = 0) <> (new.command_hash is not null)
    or (new.command_seq = 0 and new.command_size > 1) <> (new.command_places is not null)
    or (new.command_seq = 0 and new.command_scope <> split_part(new.entity_id, ':', 2))) execute function ledger.refuse_row();

-- Per row, when updated: even append's role may only take `latest` away. It has UPDATE on no other column (grants, below), so the condition looks at this one only.
-- After the update, not before: a BEFORE trigger locks each row first.
create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'version % of % can not change: the ledger is append-only', old.version, old.entity_id using errcode = 'insufficient_privilege';
end $$;

create trigger only_latest_falls after update on ledger.versions
  for each row when (old.latest is not true or new.latest is not false) execute function ledger.refuse_change();

-- The last time of each partition: no later append will be recorded at or before it.
create view ledger.last_times as
  select p.partition, coalesce(n.position, 0) as position, greatest(p.settled_at, n.recorded_at) as last_at
  from ledger.partitions p
  left join lateral (select v.position, v.recorded_at from ledger.versions v where v.partition = p.partition order by v.position desc limit 1) n on true;

-- Append ------------------------------------------------------------------------------------------------------------
-- Appends a batch of units, all or none. Arrays run in parallel: an element per version, per check, per key.
--   unit           the version's unit, from 0; not falling. Unit i is recorded i microseconds after the batch's base.
--   version        the version it becomes: the old latest plus one.
--   effective_at   null: when it is recorded.
--   checks         "entity at version n" (0: not there) as that unit found it: a check counts the batch's earlier units, not later ones.
--   keys           command keys that must be new without a version of their own (a refusal must be about a command that was not applied).
-- Answers the batch's base time and, per partition, the position before its first new one.
-- Errors: ST001 with detail {"replays": [{unit, scope, id}], "conflicts": [{unit, entityId, expected, actual}]}: every key that is there already, every expectation that fails.
-- The first statement takes the locks, ascending; later statements see what committed before (read committed: a snapshot per statement).
create function ledger.append(
  p_unit integer[], p_partition integer[], p_entity_id text[], p_version integer[], p_event text[], p_data jsonb[], p_state jsonb[], p_schema_version smallint[],
  p_command_scope text[], p_command_id text[], p_command_seq integer[], p_command_size integer[], p_command_hash bytea[],
  p_actor text[], p_correlation_id text[], p_causation_id text[], p_effective_at timestamptz[],
  p_check_unit integer[], p_check_entity_id text[], p_check_version integer[],
  p_key_unit integer[], p_key_scope text[], p_key_id text[],
  out base_at timestamptz, out partitions integer[], out last_positions bigint[]
) language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  -- The big table is only ever probed, row by row (scalar subqueries and limits, which can not become joins), and planned once: a join planned without statistics costs ten times as much, and
  -- planning anew for each call two thirds of the time of a batch of one (measured).
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_partition integer;
  v_position bigint;
  v_at timestamptz;
  v_last_at timestamptz;
  v_last_positions bigint[]; -- by partition
  v_replays jsonb;
  v_replayed integer[]; -- the units of the replays
  v_conflicts jsonb;
  v_positions bigint[];
  v_newest boolean[];
  v_flips tid[]; -- where the latest versions are that will not be it any more
  v_flip_partitions integer[];
  v_ordered boolean;
begin
  partitions := array(
    select p from unnest(p_partition) p
    union select ledger.partition_of(e) from unnest(p_check_entity_id) e
    union select ledger.partition_of('key:' || s) from unnest(p_key_scope) s
    order by 1);
  perform from ledger.partitions p where p.partition = any (append.partitions) order by p.partition for no key update;

  -- Keys before versions: a command that is there already is a replay, not a conflict.
  select jsonb_agg(jsonb_build_object('unit', k.unit, 'scope', k.scope, 'id', k.id)), coalesce(array_agg(k.unit), '{}') into v_replays, v_replayed
  from (
    select r.unit, r.partition, r.scope, r.id
    from unnest(p_unit, p_partition, p_command_scope, p_command_id, p_command_seq) r(unit, partition, scope, id, seq) where r.seq = 0
    union all
    select c.unit, ledger.partition_of('key:' || c.scope), c.scope, c.id from unnest(p_key_unit, p_key_scope, p_key_id) c(unit, scope, id)
  ) k
  -- Not `exists`: that becomes a join, which on a table without statistics goes through all of the index for every key (measured: 26 s instead of 2.5 s for a ledger's first 20,000 rows).
  where (
    select true from ledger.versions v
    where v.partition = k.partition and v.command_scope = k.scope collate "C" and v.command_id = k.id collate "C" and v.command_seq = 0 limit 1);

  -- Place every version: in its entity's history and in its partition's feed.
  v_last_positions := array_fill(0::bigint, array[256], array[0]);
  last_positions := array[]::bigint[];
  for v_partition, v_position, v_at in
    select l.partition, l.position, l.last_at from ledger.last_times l where l.partition = any (append.partitions) order by l.partition
  loop
    v_last_positions[v_partition] := v_position;
    last_positions := last_positions || v_position;
    v_last_at := greatest(v_last_at, v_at);
  end loop;

  with item as (
    select r.unit, r.ord, r.partition, r.entity_id collate "C" as entity_id, r.version - 1 as expected, 1 as appends
    from unnest(p_unit, p_partition, p_entity_id, p_version) with ordinality r(unit, partition, entity_id, version, ord)
    union all
    select c.unit, 0, ledger.partition_of(c.entity_id), c.entity_id, c.version, 0
    from unnest(p_check_unit, p_check_entity_id, p_check_version) c(unit, entity_id, version)
  ), placed as (
    select i.*, coalesce(v.version, 0) as base, v.ctid as tid,
      sum(i.appends) over entity - i.appends as earlier,
      sum(i.appends) over (partition by i.entity_id) as appended,
      case when i.appends = 1 then v_last_positions[i.partition] + row_number() over (partition by i.partition, i.appends order by i.ord) end as position
    from item i
    left join lateral (select v.version, v.ctid from ledger.versions v where v.partition = i.partition and v.entity_id = i.entity_id and v.latest limit 1) v on true
    window entity as (partition by i.entity_id order by i.unit, i.appends, i.ord rows unbounded preceding)
  )
  select
    jsonb_agg(jsonb_build_object('unit', p.unit, 'entityId', p.entity_id, 'expected', p.expected, 'actual', p.base + p.earlier))
      filter (where p.expected is distinct from p.base + p.earlier and p.unit <> all (v_replayed)),
    array_agg(p.position order by p.ord) filter (where p.appends = 1),
    array_agg(p.earlier + 1 = p.appended order by p.ord) filter (where p.appends = 1),
    array_agg(p.tid) filter (where p.appends = 1 and p.earlier = 0 and p.base > 0),
    array_agg(p.partition) filter (where p.appends = 1 and p.earlier = 0 and p.base > 0)
  into v_conflicts, v_positions, v_newest, v_flips, v_flip_partitions
  from placed p;

  if v_replays is not null or v_conflicts is not null then
    raise exception 'the ledger is not as the batch expects: % commands are there already, % expectations fail',
      coalesce(jsonb_array_length(v_replays), 0), coalesce(jsonb_array_length(v_conflicts), 0)
      using errcode = 'ST001', detail = jsonb_build_object('replays', coalesce(v_replays, '[]'), 'conflicts', coalesce(v_conflicts, '[]'));
  end if;

  base_at := greatest(clock_timestamp(), v_last_at + interval '1 microsecond');
  if p_entity_id is null or cardinality(p_entity_id) = 0 then
    return;
  end if;

  -- A batch is well-formed: units do not fall and stay near, and a command's versions stand together, 0 to its size less 1, in one unit.
  select coalesce(bool_and(case
      when r.unit not between coalesce(r.unit_before, 0) and 100000 then false
      when r.seq = 0 then coalesce(r.seq_before = r.size_before - 1, true)
      else coalesce(r.seq = r.seq_before + 1 and r.size = r.size_before and r.id = r.id_before and r.scope = r.scope_before and r.unit = r.unit_before, false)
    end), true) and p_command_seq[cardinality(p_command_seq)] = p_command_size[cardinality(p_command_size)] - 1
  into v_ordered
  from (
    select u.unit, u.seq, u.size, u.scope, u.id, lag(u.unit) over () as unit_before, lag(u.seq) over () as seq_before, lag(u.size) over () as size_before,
      lag(u.scope) over () as scope_before, lag(u.id) over () as id_before
    from unnest(p_unit, p_command_seq, p_command_size, p_command_scope, p_command_id) u(unit, seq, size, scope, id)
  ) r;
  if v_ordered is not true then
    raise exception 'the batch is not well-formed: units fall, or the versions of a command do not stand together' using errcode = 'invalid_parameter_value';
  end if;

  -- By the places found above, where they stay: whoever writes holds the partition's lock, and whoever moves rows (vacuum full) waits for this transaction (a second probe cost 5 %). A place is one
  -- table's; with its partition it stays the row's, should versions be distributed over several. "+ 0", and no word of latest, since nothing here may look good to an index: in a ledger without
  -- statistics it was planned as a walk through all that is latest in the partition (measured: 450 ms instead of 4 for 500 updates of a ledger of 24,000).
  if v_flips is not null then
    update ledger.versions v set latest = false from unnest(v_flip_partitions, v_flips) f(partition, tid) where v.ctid = f.tid and v.partition + 0 = f.partition;
  end if;

  insert into ledger.versions (
    partition, position, entity_id, version, latest, kind, event, data, state, schema_version, command_scope, command_id, command_seq, command_size, command_hash,
    command_places, actor, correlation_id, causation_id, recorded_at, effective_at)
  select r.partition, r.position, r.entity_id, r.version, r.newest, split_part(r.entity_id, ':', 1), r.event, r.data, r.state, r.schema_version,
    r.command_scope, r.command_id, r.command_seq, r.command_size, r.command_hash,
    case when r.command_seq = 0 and r.command_size > 1 then array(
      select case half when 0 then p_partition[i]::bigint else v_positions[i] end
      from generate_series(r.ord + 1, r.ord + r.command_size - 1) i, generate_series(0, 1) half order by i, half) end,
    r.actor, r.correlation_id, r.causation_id,
    base_at + r.unit * interval '1 microsecond', coalesce(r.effective_at, base_at + r.unit * interval '1 microsecond')
  from unnest(
    p_unit, p_partition, v_positions, p_entity_id, p_version, v_newest, p_event, p_data, p_state, p_schema_version, p_command_scope, p_command_id, p_command_seq,
    p_command_size, p_command_hash, p_actor, p_correlation_id, p_causation_id, p_effective_at
  ) with ordinality r(unit, partition, position, entity_id, version, newest, event, data, state, schema_version, command_scope, command_id, command_seq,
    command_size, command_hash, actor, correlation_id, causation_id, effective_at, ord);
end $$;

-- Locks partitions, ascending, until the transaction ends: for a process that has lost twice and must not lose again.
create function ledger.lock(p_partitions integer[]) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from ledger.partitions p where p.partition = any (p_partitions) order by p.partition for no key update;
end $$;

-- As of -------------------------------------------------------------------------------------------------------------
-- Makes "as of p_at" final in a partition: appends after this are recorded after p_at. Writes nothing if that holds already. ST002 if p_at is in the future: later
-- than the clock and than every partition's last time.
create function ledger.settle(p_partition integer, p_at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_now timestamptz;
begin
  perform from ledger.partitions p where p.partition = p_partition for no key update;
  if not found then
    raise exception 'there is no partition %', p_partition using errcode = 'invalid_parameter_value';
  end if;
  if (select l.last_at from ledger.last_times l where l.partition = p_partition) >= p_at then
    return;
  end if;
  v_now := clock_timestamp();
  if p_at > v_now and p_at > (select max(l.last_at) from ledger.last_times l) then
    raise exception '% is in the future', p_at using errcode = 'ST002';
  end if;
  update ledger.partitions p set settled_at = greatest(v_now, p_at) where p.partition = p_partition;
end $$;

-- The version of an entity as of a recorded time, 0 where there was none yet: a bisection over its versions, since recorded_at rises with them.
create function ledger.version_as_of(p_partition integer, p_entity_id text, p_at timestamptz) returns integer language plpgsql stable parallel safe as $$
declare
  v_low integer := 0; -- recorded at or before p_at (0: nothing)
  v_high integer;     -- recorded after p_at
  v_middle integer;
  v_at timestamptz;
begin
  select v.version, v.recorded_at into v_high, v_at from ledger.versions v where v.partition = p_partition and v.entity_id = p_entity_id and v.latest;
  if not found then
    return 0;
  end if;
  if v_at <= p_at then
    return v_high;
  end if;
  while v_high - v_low > 1 loop
    v_middle := (v_low + v_high) / 2;
    select v.recorded_at into v_at from ledger.versions v where v.partition = p_partition and v.entity_id = p_entity_id and v.version = v_middle;
    if v_at <= p_at then v_low := v_middle; else v_high := v_middle; end if;
  end loop;
  return v_low;
end $$;

-- Grants ------------------------------------------------------------------------------------------------------------
-- Views -------------------------------------------------------------------------------------------------------------
-- What projections make of the ledger, in a schema of its own, where a server may write what it likes: all of it can be made again. A table per view (projections/sinks/postgres.ts).
create schema views;

-- Where each view is, live and while the next one is built beside it.
create table views.slots (
  view text not null,
  slot text not null check (slot in ('live', 'next')),
  version integer not null, -- of the projection
  build bigint not null generated always as identity, -- who has opened one build writes into no other
  primary key (view, slot)
);
create table views.places (
  view text not null,
  slot text not null,
  partition integer not null,
  position bigint not null, -- seen up to here
  recorded_at timestamptz not null, -- when that version was recorded: tells a restored ledger
  primary key (view, slot, partition)
) with (fillfactor = 50);

-- Which processes run projections, which of them works on which part, and how that goes.
create table views.runners (
  runner text primary key,
  alive_until timestamptz not null,
  works text[] not null -- sink and view of the runs that it takes its part of
);
create table views.runs (
  sink text not null,
  view text not null,
  partition integer not null,
  runner text not null,
  leased_until timestamptz not null,
  position bigint not null default 0, -- as last told by the runner; the sink knows better
  state text not null default 'running' check (state in ('running', 'retrying', 'stopped')),
  error text,
  failed_position bigint,
  failed_entity_id text,
  failed_version integer,
  since timestamptz not null default clock_timestamp(), -- in this state
  primary key (sink, view, partition)
) with (fillfactor = 50);
-- What is being built beside what is live: begun, and not swapped in yet. Whoever goes on with it takes it from there.
create table views.builds (
  sink text not null,
  view text not null,
  version integer not null, -- of the projection
  seen bigint not null default 0, -- versions
  total bigint not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  told_at timestamptz not null default clock_timestamp(),
  primary key (sink, view)
);
create table views.paused (
  sink text not null,
  view text not null,
  actor text not null,
  since timestamptz not null default clock_timestamp(),
  primary key (sink, view)
);

grant usage on schema ledger to strata_append, strata_server, strata_auditor;
grant select on all tables in schema ledger to strata_append, strata_server, strata_auditor;
grant insert, update (latest) on ledger.versions to strata_append;
grant update (settled_at) on ledger.partitions to strata_append;
revoke execute on all functions in schema ledger from public;
grant execute on function ledger.partition_of, ledger.is_decimal, ledger.are_decimals, ledger.version_as_of to strata_append, strata_server, strata_auditor;
grant execute on function ledger.append, ledger.lock, ledger.settle to strata_server;
grant execute on function ledger.settle to strata_auditor;
grant usage, create on schema views to strata_server;
grant select, insert, update, delete on all tables in schema views to strata_server;
grant usage on schema views to strata_auditor;
grant select on all tables in schema views to strata_auditor;

-- A function's new owner must be a role that the present one can become, and may create in the schema: only for this moment. (Who has made the role is a member of it from PostgreSQL 16 on,
-- but one that can not become it.)
do $$
declare
  v_superuser boolean := (select r.rolsuper from pg_roles r where r.rolname = current_user);
begin
  if not v_superuser then execute format('grant strata_append to %I', current_user); end if;
  grant create on schema ledger to strata_append;
  alter function ledger.append owner to strata_append;
  alter function ledger.lock owner to strata_append;
  alter function ledger.settle owner to strata_append;
  revoke create on schema ledger from strata_append;
  if not v_superuser then execute format('revoke strata_append from %I', current_user); end if;
end $$;
