-- Accounts: what the database holds every account row to, and the views people query. May be applied again.

-- Money is in exact decimal strings, available is what is not held, and never below the limit.
drop trigger if exists account_decimals on ledger.versions;
create trigger account_decimals before insert on ledger.versions for each row
  when (new.kind = 'account' and not (
    new.state ?& array['balance', 'held', 'available', 'limit']
    and ledger.are_decimals(concat_ws(' ', new.state -> 'balance', new.state -> 'held', new.state -> 'available', nullif(new.state -> 'limit', 'null'), new.data -> 'posting'))))
  execute function ledger.refuse_row('money must be a canonical decimal string');

drop trigger if exists account_sums on ledger.versions;
create trigger account_sums before insert on ledger.versions for each row
  when (new.kind = 'account' and (new.state ->> 'available')::numeric <> (new.state ->> 'balance')::numeric - (new.state ->> 'held')::numeric)
  execute function ledger.refuse_row('available must be balance less held', 'account_available');

create or replace function ledger.refuse_below_limit() returns trigger language plpgsql as $$
begin
  raise exception '% version %: available % would be below the limit %', new.entity_id, new.version, new.state ->> 'available', new.state ->> 'limit'
    using errcode = 'check_violation', constraint = 'account_limit';
end $$;

drop trigger if exists account_limit on ledger.versions;
create trigger account_limit before insert on ledger.versions for each row
  when (new.kind = 'account' and (new.state ->> 'available')::numeric < (new.state ->> 'limit')::numeric)
  execute function ledger.refuse_below_limit();

-- Double entry: the postings of a command sum to zero per currency; a balance moves by its posting and by nothing else; no money moves before its account was opened.
create or replace function ledger.check_postings() returns trigger language plpgsql as $$
declare
  v_bad record;
begin
  if not exists (select from added a where a.kind = 'account') then
    return null;
  end if;
  select a.command_id, a.state ->> 'currency' as currency, sum((a.data ->> 'posting')::numeric) as total into v_bad
  from added a where a.kind = 'account' and a.data ? 'posting' group by a.command_scope, a.command_id, a.state ->> 'currency' having sum((a.data ->> 'posting')::numeric) <> 0 limit 1;
  if found then
    raise exception 'command %: its postings in % sum to %, not to zero', v_bad.command_id, v_bad.currency, v_bad.total using errcode = 'check_violation', constraint = 'account_postings';
  end if;

  select a.entity_id, a.version into v_bad
  from added a
  left join lateral (select v.state from ledger.versions v where v.partition = a.partition and v.entity_id = a.entity_id and v.version < a.version order by v.version desc limit 1) before on true
  where a.kind = 'account'
    and (a.state ->> 'balance')::numeric <> coalesce((before.state ->> 'balance')::numeric, 0) + coalesce((a.data ->> 'posting')::numeric, 0)
    limit 1;
  if found then
    raise exception '% version %: its balance does not move by its posting', v_bad.entity_id, v_bad.version using errcode = 'check_violation', constraint = 'account_balance';
  end if;

  select a.entity_id, a.version into v_bad
  from added a
  join lateral (select v.effective_at from ledger.versions v where v.partition = a.partition and v.entity_id = a.entity_id order by v.version limit 1) opening on true
  where a.kind = 'account' and a.data ? 'posting' and a.effective_at < opening.effective_at limit 1;
  if found then
    raise exception '% version %: money would move before the account was opened', v_bad.entity_id, v_bad.version
      using errcode = 'check_violation', constraint = 'account_effective_before_opening';
  end if;
  return null;
end $$;
alter function ledger.check_postings() set enable_hashjoin = off;
alter function ledger.check_postings() set enable_mergejoin = off;
alter function ledger.check_postings() set enable_seqscan = off;

drop trigger if exists account_postings on ledger.versions;
create trigger account_postings after insert on ledger.versions referencing new table as added for each statement execute function ledger.check_postings();

drop view if exists ledger.accounts;
create view ledger.accounts as
  select entity_id, version, state ->> 'owner' as owner, state ->> 'currency' as currency, (state ->> 'balance')::numeric(38,18) as balance, (state ->> 'held')::numeric(38,18) as held,
    (state ->> 'available')::numeric(38,18) as available, (state ->> 'limit')::numeric(38,18) as "limit", state ->> 'status' as status, recorded_at, effective_at
  from ledger.versions where latest and kind = 'account';

-- The sum of all postings per currency: zero, as known by any instant and as holding at any.
create or replace function ledger.trial_balance(recorded timestamptz default 'infinity', effective timestamptz default 'infinity')
returns table (currency text, total numeric, postings bigint) language sql stable parallel safe as $$
  select v.state ->> 'currency', sum((v.data ->> 'posting')::numeric), count(*)
  from ledger.versions v
  where v.kind = 'account' and v.data ? 'posting' and v.recorded_at <= recorded and v.effective_at <= effective
  group by 1 order by 1
$$;
create or replace view ledger.trial_balance as select * from ledger.trial_balance();

grant select on ledger.accounts, ledger.trial_balance to strata_append, strata_server, strata_auditor;
grant execute on function ledger.trial_balance to strata_append, strata_server, strata_auditor;
