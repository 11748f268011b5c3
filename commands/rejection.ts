// Every code of a rejection, and what it means: the domain's ways to say no (HTTP 422). docs/reference lists them from here.

export const rejections = {
  // trades
  trade_not_open: 'The trade is filled or cancelled, so this cannot be done to it any more.',
  quantity_below_executed: 'The new quantity is below what is executed already.',
  quantity_exceeds_remaining: 'The quantity is more than what remains of the trade.',
  execution_exists: 'The trade has an execution of this id already, busted or not.',
  execution_not_found: 'The trade has no execution of this id.',
  execution_already_busted: 'The execution has been taken back before.',
  too_many_executions: 'The trade has as many executions as a trade may have; busted ones count.',
  // matching
  terms_differ:
    'The two trades are not two sides of one deal: instrument, quantity, price and currency must be the same, sides opposite, owners different.',
  already_matched: 'The trade is matched with another one; break the match first.',
  not_matched: 'The trade is not matched with another one.',
  not_confirmed: 'The trade is not confirmed, so it cannot be settled.',
  already_settled: 'The trade, or the one it is matched with, is settled.',
  // funded trades
  account_not_owned: "The account belongs to another owner than the trade's.",
  price_required: 'A buy that uses an account needs a price above zero, so that its cost can be held.',
  // accounts
  insufficient_funds: 'The account would have less available (its balance less what is held) than its limit.',
  out_of_range: 'A result would have more than 20 digits before the point.',
  boundary_account:
    'The account is a boundary account, where money enters and leaves the ledger: it moves by itself and takes no commands.',
  effective_before_opening: 'The movement would hold before the account was opened.',
  account_closed: 'The account is closed.',
  account_not_empty: 'The account still has a balance or money held, so it cannot be closed.',
  currency_mismatch: 'The currencies differ.',
  same_account: 'Money cannot be transferred from an account to itself.',
  hold_exists: 'The account has a hold of this id already.',
  hold_not_found: 'The account has no hold of this id.',
  too_many_holds: 'The account has as many holds as an account may have.',
  // tickets
  ticket_closed: 'The ticket is closed; reopen it first.',
  ticket_not_closed: 'The ticket is not closed.',
  use_close: 'The status `closed` is reached by closing the ticket, not by an edit.',
  too_many_fields: 'The ticket would have more fields than a ticket may have.',
  // bars
  not_a_bar_time: "The last part of a bar's id is its day, `2016-01-12`, or the minute in UTC at which it begins, `2016-01-12T14.30`.",
  not_previous_bar: 'The bar named as the one before is of another instrument or interval, or not earlier.',
  older_revision: 'The bar is at this revision of its source already, or a later one.',
  blank_open: 'The bar has no opening price.',
  blank_high: 'The bar has no highest price.',
  blank_low: 'The bar has no lowest price.',
  high_below_low: 'The highest price is below the lowest.',
  open_outside: 'The opening price is not between the lowest and the highest.',
  close_outside: 'The closing price is not between the lowest and the highest.',
  ask_below_bid: 'The ask is below the bid.',
  zero_volume: 'Nothing was traded, so there is nothing that the prices could be of.',
  closed_day: 'The exchange does not trade on the day of the bar.',
  gap: 'Trading days are missing between the bar before and this one.',
  // signals
  signal_not_open: 'The signal is expired or cancelled.',
  signal_not_expired: 'The signal would end before its expiry: cancel it instead.',
  // backtests
  period_reversed: 'The period of the backtest would end before it begins.',
  too_many_parameters: 'The backtest would have more parameters than a backtest may have.',
} as const

export type RejectionCode = keyof typeof rejections
