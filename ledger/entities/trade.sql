-- Trades: what the database holds every trade row to, and the view people query. May be applied again.

create or replace function ledger.refuse_trade() returns trigger language plpgsql as $$
begin
  if not (ledger.is_decimal(new.state -> 'quantity') and ledger.is_decimal(new.state -> 'executedQuantity') and ledger.is_decimal(new.state -> 'remainingQuantity')
      and ledger.is_decimal(new.state -> 'commission') and ledger.is_decimal(new.state -> 'held')
      and (not new.state ? 'price' or ledger.is_decimal(new.state -> 'price'))
      and (not new.state ? 'averagePrice' or ledger.is_decimal(new.state -> 'averagePrice'))) then
    raise exception '% version %: money, prices and quantities must be canonical decimal strings', new.entity_id, new.version
      using errcode = 'check_violation', constraint = 'trade_decimals';
  end if;
  if (new.state ->> 'executedQuantity')::numeric > (new.state ->> 'quantity')::numeric
      or (new.state ->> 'remainingQuantity')::numeric not in (0, (new.state ->> 'quantity')::numeric - (new.state ->> 'executedQuantity')::numeric) then
    raise exception '% version %: more is executed or left than was ordered', new.entity_id, new.version using errcode = 'check_violation', constraint = 'trade_quantities';
  end if;
  return new;
end $$;

drop trigger if exists trade_rows on ledger.versions;
create trigger trade_rows before insert on ledger.versions for each row when (new.kind = 'trade') execute function ledger.refuse_trade();

drop view if exists ledger.trades;
create view ledger.trades as
  select entity_id, version, state ->> 'owner' as owner, state ->> 'instrument' as instrument, state ->> 'side' as side, (state ->> 'quantity')::numeric(38,18) as quantity,
    (state ->> 'price')::numeric(38,18) as price, state ->> 'currency' as currency, state ->> 'status' as status, state ->> 'confirmation' as confirmation,
    state ->> 'matchedWith' as matched_with, (state ->> 'executedQuantity')::numeric(38,18) as executed_quantity, (state ->> 'remainingQuantity')::numeric(38,18) as remaining_quantity,
    (state ->> 'averagePrice')::numeric(38,18) as average_price, (state ->> 'commission')::numeric(38,18) as commission, (state ->> 'held')::numeric(38,18) as held,
    state ->> 'fundingAccountId' as funding_account_id, recorded_at, effective_at
  from ledger.versions where latest and kind = 'trade';

grant select on ledger.trades to strata_append, strata_server, strata_auditor;
