-- Signals: what the database holds every signal row to, and the view people query. May be applied again.

drop trigger if exists signal_confidence on ledger.versions;
create trigger signal_confidence before insert on ledger.versions for each row
  when (new.kind = 'signal' and not (ledger.is_decimal(new.state -> 'confidence') and (new.state ->> 'confidence')::numeric between 0 and 1))
  execute function ledger.refuse_row('a confidence is a decimal from 0 to 1');

drop view if exists ledger.signals;
create view ledger.signals as
  select entity_id, version, state ->> 'owner' as owner, state ->> 'instrument' as instrument, state ->> 'side' as side, (state ->> 'confidence')::numeric(38,18) as confidence,
    state ->> 'strategy' as strategy, state -> 'indicators' as indicators, (state ->> 'price')::numeric(38,18) as price, (state ->> 'targetPrice')::numeric(38,18) as target_price,
    (state ->> 'expectedMove')::numeric(38,18) as expected_move, (state ->> 'horizonAt')::timestamptz as horizon_at, (state ->> 'expiresAt')::timestamptz as expires_at,
    state ->> 'status' as status, recorded_at, effective_at
  from ledger.versions where latest and kind = 'signal';

grant select on ledger.signals to strata_append, strata_server, strata_auditor;
