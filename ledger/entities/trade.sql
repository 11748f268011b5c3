-- Trades: what the database holds every trade row to, and the view people query. May be applied again.

drop trigger if exists trade_decimals on ledger.versions;
create trigger trade_decimals before insert on ledger.versions for each row
  when (new.kind = 'trade' and not (
    new.state ?& array['quantity', 'executedQuantity', 'remainingQuantity', 'commission', 'held']
    and ledger.are_decimals(concat_ws(' ', new.state -> 'quantity', new.state -> 'executedQuantity', new.state -> 'remainingQuantity', new.state -> 'commission',
      new.state -> 'held', new.state -> 'price', new.state -> 'averagePrice'))))
  execute function ledger.refuse_row('money, prices and quantities must be canonical decimal strings');

drop trigger if exists trade_quantities on ledger.versions;
create trigger trade_quantities before insert on ledger.versions for each row
  when (new.kind = 'trade' and (
    (new.state ->> 'executedQuantity')::numeric > (new.state ->> 'quantity')::numeric
    or (new.state ->> 'remainingQuantity')::numeric not in (0, (new.state ->> 'quantity')::numeric - (new.state ->> 'executedQuantity')::numeric)))
  execute function ledger.refuse_row('more is executed or left than was ordered');

drop view if exists ledger.trades;
create view ledger.trades as
  select entity_id, version, state ->> 'owner' as owner, state ->> 'instrument' as instrument, state ->> 'side' as side, (state ->> 'quantity')::numeric(38,18) as quantity,
    (state ->> 'price')::numeric(38,18) as price, state ->> 'currency' as currency, state ->> 'status' as status, state ->> 'confirmation' as confirmation,
    state ->> 'matchedWith' as matched_with, (state ->> 'executedQuantity')::numeric(38,18) as executed_quantity, (state ->> 'remainingQuantity')::numeric(38,18) as remaining_quantity,
    (state ->> 'averagePrice')::numeric(38,18) as average_price, (state ->> 'commission')::numeric(38,18) as commission, (state ->> 'held')::numeric(38,18) as held,
    state ->> 'fundingAccountId' as funding_account_id, recorded_at, effective_at
  from ledger.versions where latest and kind = 'trade';

grant select on ledger.trades to strata_append, strata_server, strata_auditor;
