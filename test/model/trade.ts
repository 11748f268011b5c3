// Trades in the model: what follows from other fields is computed when the state is shown.
import { fund, type RawAccount } from './account.ts'
import { after, changes, missing, no, ownerOf, rawOf, type Book, type Command, type Outcome, type Planned, type Raw, word } from './book.ts'
import { divided, scaled, sum, text, times, type Scaled } from './decimal.ts'

interface Execution {
  readonly id: string
  readonly quantity: Scaled
  readonly price: Scaled
  readonly commission: Scaled | undefined
  readonly expectedPrice: Scaled | undefined
  readonly busted: boolean
}

interface Terms {
  readonly quantity: Scaled
  readonly price: Scaled | undefined
  readonly location: string | undefined
}

export interface RawTrade extends Raw, Terms {
  readonly instrument: string
  readonly side: 'buy' | 'sell'
  readonly currency: string
  readonly account: string | undefined
  readonly cancelled: boolean
  readonly step: 'unmatched' | 'matched' | 'confirmed' | 'settled'
  readonly other: string | undefined
  readonly executions: readonly Execution[]
  /** Busts that hold before their execution does. */
  readonly early: readonly string[]
}

type Decide = (book: Book, command: Command, trade: RawTrade) => Outcome

const live = ({ executions }: RawTrade): readonly Execution[] => executions.filter(({ busted }) => !busted)
const executedOf = (trade: RawTrade): Scaled => sum(live(trade).map(({ quantity }) => quantity))
function remainingOf(trade: RawTrade): Scaled {
  const left = trade.quantity - executedOf(trade)
  return trade.cancelled || left < 0n ? 0n : left
}
const heldOf = (trade: RawTrade): Scaled =>
  trade.account === undefined || trade.side === 'sell' || trade.price === undefined ? 0n : times(remainingOf(trade), trade.price)

function statusOf(trade: RawTrade): string {
  if (trade.cancelled) return 'cancelled'
  if (remainingOf(trade) === 0n) return 'filled'
  return executedOf(trade) === 0n ? 'open' : 'partial'
}

const optional = (name: string, value: Scaled | string | boolean | undefined): object =>
  value === undefined ? {} : { [name]: typeof value === 'bigint' ? text(value) : value }

function showExecution({ side }: RawTrade, one: Execution): object {
  const { id, quantity, price, commission, expectedPrice, busted } = one
  const slippage = expectedPrice === undefined ? undefined : side === 'buy' ? price - expectedPrice : expectedPrice - price
  return {
    executionId: id,
    quantity: text(quantity),
    price: text(price),
    ...optional('commission', commission),
    ...optional('expectedPrice', expectedPrice),
    ...optional('slippage', slippage),
    ...optional('busted', busted || undefined),
  }
}

export function showTrade(trade: RawTrade): object {
  const { owner, instrument, side, currency, step, early } = trade
  const executed = executedOf(trade)
  const average = executed === 0n ? undefined : divided(sum(live(trade).map((one) => one.quantity * one.price)), executed)
  return {
    owner,
    instrument,
    side,
    currency,
    quantity: text(trade.quantity),
    ...optional('price', trade.price),
    ...optional('fundingAccountId', trade.account),
    ...optional('location', trade.location),
    status: statusOf(trade),
    confirmation: step,
    ...optional('matchedWith', trade.other),
    executedQuantity: text(executed),
    remainingQuantity: text(remainingOf(trade)),
    ...optional('averagePrice', average),
    commission: text(sum(live(trade).map((one) => one.commission ?? 0n))),
    executions: trade.executions.map((one) => showExecution(trade, one)),
    held: text(heldOf(trade)),
    ...(early.length > 0 ? { pendingBusts: early } : {}),
  }
}

const decimalIn = (data: Command['data'], name: string): Scaled | undefined =>
  data[name] === undefined ? undefined : scaled(word(data[name]))

function submit(book: Book, command: Command): Outcome {
  const { entityId, data } = command
  const trade: RawTrade = {
    owner: ownerOf(entityId),
    instrument: word(data['instrument']),
    side: data['side'] === 'buy' ? 'buy' : 'sell',
    currency: word(data['currency']),
    account: data['fundingAccountId'] === undefined ? undefined : word(data['fundingAccountId']),
    quantity: scaled(word(data['quantity'])),
    price: decimalIn(data, 'price'),
    location: undefined,
    cancelled: false,
    step: 'unmatched',
    other: undefined,
    executions: [],
    early: [],
  }
  const own: Planned = { entityId, change: () => trade }
  if (trade.account === undefined) return changes(own)
  const account = rawOf<RawAccount>(book, trade.account)
  if (account === undefined) return missing
  if (account.owner !== trade.owner) return no('account_not_owned')
  if (account.currency !== trade.currency) return no('currency_mismatch')
  if (account.closed) return no('account_closed')
  if (trade.side === 'buy' && (trade.price ?? 0n) <= 0n) return no('price_required')
  return fund(book, command, own, trade.account, 0n, heldOf(trade))
}

/** A change of the trade, with what it does to its account. */
function funded(book: Book, command: Command, trade: RawTrade, change: (before: RawTrade) => RawTrade, posting: Scaled = 0n): Outcome {
  const own = { entityId: command.entityId, change: after(change) }
  return fund(book, command, own, trade.account, posting, heldOf(change(trade)) - heldOf(trade))
}

const matched = ({ step }: RawTrade): Outcome | undefined =>
  step === 'settled' ? no('already_settled') : step === 'unmatched' ? undefined : no('already_matched')
const over = (trade: RawTrade): boolean => ['filled', 'cancelled'].includes(statusOf(trade))

function amend(book: Book, command: Command, trade: RawTrade): Outcome {
  const asked: Partial<Terms> = {
    ...(command.data['quantity'] === undefined ? {} : { quantity: scaled(word(command.data['quantity'])) }),
    ...(command.data['price'] === undefined ? {} : { price: scaled(word(command.data['price'])) }),
    ...(command.data['location'] === undefined ? {} : { location: word(command.data['location']) }),
  }
  const news = Object.fromEntries(Object.entries(asked).filter(([name, value]) => trade[name as keyof Terms] !== value)) as Partial<Terms>
  if (Object.keys(news).length === 0) return changes()
  if ('quantity' in news || 'price' in news) {
    const taken = matched(trade)
    if (taken) return taken
    if ((trade.cancelled || news.quantity === undefined) && over(trade)) return no('trade_not_open')
    if (news.quantity !== undefined && news.quantity < executedOf(trade)) return no('quantity_below_executed')
    if (trade.account !== undefined && trade.side === 'buy' && news.price !== undefined && news.price <= 0n) return no('price_required')
  } else if (trade.step === 'settled') return no('already_settled')
  return funded(book, command, trade, (before) => ({ ...before, ...news }))
}

const cancelled = (before: RawTrade): RawTrade => ({ ...before, cancelled: true })

function reduce(book: Book, command: Command, trade: RawTrade): Outcome {
  const quantity = scaled(word(command.data['quantity']))
  const taken = matched(trade)
  if (taken) return taken
  if (over(trade)) return no('trade_not_open')
  if (quantity > remainingOf(trade)) return no('quantity_exceeds_remaining')
  const less = (before: RawTrade): RawTrade => ({ ...before, quantity: before.quantity - quantity })
  return funded(book, command, trade, quantity === remainingOf(trade) ? cancelled : less)
}

const paid = ({ side }: RawTrade, { quantity, price, commission = 0n }: Execution): Scaled =>
  side === 'buy' ? -times(quantity, price) - commission : times(quantity, price) - commission

function execute(book: Book, command: Command, trade: RawTrade): Outcome {
  const { data } = command
  const one: Execution = {
    id: word(data['executionId']),
    quantity: scaled(word(data['quantity'])),
    price: scaled(word(data['price'])),
    commission: decimalIn(data, 'commission'),
    expectedPrice: decimalIn(data, 'expectedPrice'),
    busted: false,
  }
  if (trade.executions.some(({ id }) => id === one.id)) return no('execution_exists')
  if (over(trade)) return no('trade_not_open')
  if (one.quantity > remainingOf(trade)) return no('quantity_exceeds_remaining')
  const change = (before: RawTrade): RawTrade => ({
    ...before,
    executions: [...before.executions, { ...one, busted: before.early.includes(one.id) }],
    early: before.early.filter((id) => id !== one.id),
  })
  return funded(book, command, trade, change, trade.account === undefined ? 0n : paid(trade, one))
}

function bust(book: Book, command: Command, trade: RawTrade): Outcome {
  const taken = matched(trade)
  if (taken) return taken
  const one = trade.executions.find(({ id }) => id === command.data['executionId'])
  if (one === undefined) return no('execution_not_found')
  if (one.busted) return no('execution_already_busted')
  const change = (before: RawTrade): RawTrade =>
    before.executions.some(({ id }) => id === one.id)
      ? { ...before, executions: before.executions.map((each) => (each.id === one.id ? { ...each, busted: true } : each)) }
      : { ...before, early: [...before.early, one.id] }
  return funded(book, command, trade, change, trade.account === undefined ? 0n : -paid(trade, one))
}

const cannotMatch = (trade: RawTrade): Outcome | undefined =>
  trade.step !== 'unmatched' ? no('already_matched') : trade.cancelled && executedOf(trade) === 0n ? no('trade_not_open') : undefined

function match(book: Book, { entityId, data }: Command, trade: RawTrade): Outcome {
  const otherId = word(data['otherTradeId'])
  const other = rawOf<RawTrade>(book, otherId)
  if (other === undefined) return missing
  const refused = cannotMatch(trade) ?? cannotMatch(other)
  if (refused) return refused
  const same = (['instrument', 'quantity', 'price', 'currency'] as const).every((term) => trade[term] === other[term])
  if (!same || trade.side === other.side || trade.owner === other.owner) return no('terms_differ')
  const matchedWith = (id: string) => after<RawTrade>((before) => ({ ...before, step: 'matched', other: id }))
  return changes({ entityId, change: matchedWith(otherId) }, { entityId: otherId, change: matchedWith(entityId) })
}

const stepTo = (entityId: string, step: RawTrade['step']): Outcome =>
  changes({ entityId, change: after<RawTrade>((before) => ({ ...before, step })) })

function breakUp(book: Book, { entityId }: Command, trade: RawTrade): Outcome {
  if (trade.other === undefined) return no('not_matched')
  if (trade.step === 'settled' || rawOf<RawTrade>(book, trade.other)?.step === 'settled') return no('already_settled')
  const change = after<RawTrade>((before) => ({ ...before, step: 'unmatched', other: undefined }))
  return changes({ entityId, change }, { entityId: trade.other, change })
}

const onTrade =
  (decide: Decide) =>
  (book: Book, command: Command): Outcome => {
    const trade = rawOf<RawTrade>(book, command.entityId)
    return trade === undefined ? missing : decide(book, command, trade)
  }

export const tradeCommands: Readonly<Record<string, (book: Book, command: Command) => Outcome>> = {
  SubmitTrade: submit,
  AmendTrade: onTrade(amend),
  ReduceTrade: onTrade(reduce),
  CancelTrade: onTrade(
    (book, command, trade) => matched(trade) ?? (over(trade) ? no('trade_not_open') : funded(book, command, trade, cancelled)),
  ),
  RecordExecution: onTrade(execute),
  BustExecution: onTrade(bust),
  MatchTrades: onTrade(match),
  ConfirmTrade: onTrade((_, { entityId }, { step }) =>
    step === 'unmatched' ? no('not_matched') : step === 'matched' ? stepTo(entityId, 'confirmed') : changes(),
  ),
  SettleTrade: onTrade((_, { entityId }, { step }) =>
    step === 'settled' ? changes() : step === 'confirmed' ? stepTo(entityId, 'settled') : no('not_confirmed'),
  ),
  BreakMatch: onTrade(breakUp),
}
