-- Bars: what the database holds every bar row to, and the view people query. May be applied again.

drop trigger if exists bar_decimals on ledger.versions;
create trigger bar_decimals before insert on ledger.versions for each row
  when (new.kind = 'bar' and not (
    new.state ?& array['close', 'volume', 'flags']
    and ledger.are_decimals(concat_ws(' ', new.state -> 'open', new.state -> 'high', new.state -> 'low', new.state -> 'close', new.state -> 'volume', new.state -> 'bid', new.state -> 'ask'))))
  execute function ledger.refuse_row('prices and volume must be canonical decimal strings');

drop trigger if exists bar_positive on ledger.versions;
create trigger bar_positive before insert on ledger.versions for each row
  when (new.kind = 'bar' and not (
    least((new.state ->> 'open')::numeric, (new.state ->> 'high')::numeric, (new.state ->> 'low')::numeric, (new.state ->> 'close')::numeric,
      (new.state ->> 'bid')::numeric, (new.state ->> 'ask')::numeric) > 0
    and (new.state ->> 'volume')::numeric >= 0 and (new.state ->> 'volume')::numeric = trunc((new.state ->> 'volume')::numeric)))
  execute function ledger.refuse_row('prices must be above zero, and a volume a whole number');

-- What is odd is flagged, whoever wrote it: blank prices, and a range that does not hold what it should.
drop trigger if exists bar_flags on ledger.versions;
create trigger bar_flags before insert on ledger.versions for each row
  when (new.kind = 'bar' and (
    (not new.state ? 'open' and not new.state -> 'flags' ? 'blank_open')
    or (not new.state ? 'high' and not new.state -> 'flags' ? 'blank_high')
    or (not new.state ? 'low' and not new.state -> 'flags' ? 'blank_low')
    or ((new.state ->> 'high')::numeric < (new.state ->> 'low')::numeric and not new.state -> 'flags' ? 'high_below_low')
    or (not (new.state ->> 'open')::numeric between (new.state ->> 'low')::numeric and (new.state ->> 'high')::numeric and not new.state -> 'flags' ?| array['open_outside', 'high_below_low'])
    or (not (new.state ->> 'close')::numeric between (new.state ->> 'low')::numeric and (new.state ->> 'high')::numeric and not new.state -> 'flags' ?| array['close_outside', 'high_below_low'])
    or ((new.state ->> 'ask')::numeric < (new.state ->> 'bid')::numeric and not new.state -> 'flags' ? 'ask_below_bid')
    or ((new.state ->> 'volume')::numeric = 0 and not new.state -> 'flags' ? 'zero_volume')))
  execute function ledger.refuse_row('what is odd about a bar must be flagged');

drop view if exists ledger.bars;
create view ledger.bars as
  select entity_id, version, state ->> 'owner' as instrument, state ->> 'interval' as "interval", (state ->> 'start')::timestamptz as start,
    (state ->> 'open')::numeric(38,18) as open, (state ->> 'high')::numeric(38,18) as high, (state ->> 'low')::numeric(38,18) as low, (state ->> 'close')::numeric(38,18) as close,
    (state ->> 'volume')::numeric(38,18) as volume, (state ->> 'bid')::numeric(38,18) as bid, (state ->> 'ask')::numeric(38,18) as ask, state ->> 'currency' as currency,
    state ->> 'source' as source, state -> 'flags' as flags, state ->> 'previousBarId' as previous_bar_id, (state ->> 'missingDays')::integer as missing_days, recorded_at, effective_at
  from ledger.versions where latest and kind = 'bar';

grant select on ledger.bars to strata_append, strata_server, strata_auditor;
