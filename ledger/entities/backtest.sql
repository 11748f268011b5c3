-- Backtests: the view people query, a row per backtest, as its last run left it. May be applied again.

drop view if exists ledger.backtests;
create view ledger.backtests as
  select entity_id, version, state ->> 'owner' as owner, state ->> 'strategy' as strategy, state -> 'parameters' as parameters, state -> 'instruments' as instruments,
    (state ->> 'from')::timestamptz as "from", (state ->> 'to')::timestamptz as "to", state ->> 'codeVersion' as code_version, state -> 'metrics' as metrics,
    (state ->> 'tradeCount')::integer as trade_count, (state ->> 'runs')::integer as runs, recorded_at, effective_at
  from ledger.versions where latest and kind = 'backtest';

grant select on ledger.backtests to strata_append, strata_server, strata_auditor;
