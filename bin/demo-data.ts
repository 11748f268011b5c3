// The sample data of `strata start --demo`: a small trading day, with money, funded trades, a matched pair, a correction, and tickets. Times are
// fixed, as every command is known again by its key.

export interface DemoCommand {
  readonly command: string
  readonly entityId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly effectiveAt?: string
}

const at =
  (effectiveAt: string) =>
  (command: string, entityId: string, data: DemoCommand['data'] = {}): DemoCommand => ({ command, entityId, data, effectiveAt })

const eve = at('2026-01-02T09:00:00Z')
const open = at('2026-01-05T14:30:00Z')
const early = at('2026-01-05T14:31:12.250Z')
const midday = at('2026-01-05T17:05:00Z')
const late = at('2026-01-05T20:40:00Z')
const nextDay = at('2026-01-06T08:15:00Z')

const usd = (amount: string, reference: string) => ({ amount, reference })
const order = (side: 'buy' | 'sell', quantity: string, instrument: string, price: string) => ({
  instrument,
  side,
  quantity,
  price,
  currency: 'USD',
})

const fill = (time: string, n: number, quantity: string, price: string, venue: string): DemoCommand =>
  at(`2026-01-05T${time}Z`)('RecordExecution', 'trade:bob:T-3', { executionId: `E-${n}`, quantity, price, commission: '0.15', venue })

/** A day's bar; without a time, since a bar holds from its end. */
const bar = (
  symbol: string,
  day: string,
  [open, high, low, close]: readonly string[],
  volume: string,
  previous: string | null,
): DemoCommand => ({
  command: 'RecordBar',
  entityId: `bar:${symbol}:${day}`,
  data: {
    open,
    high,
    low,
    close,
    volume,
    currency: 'USD',
    source: 'sample data',
    previousBarId: previous === null ? null : `bar:${symbol}:${previous}`,
  },
})

const bars: readonly DemoCommand[] = [
  bar('AAPL', '2026-01-02', ['183.9', '185.1', '183.2', '184.6'], '48201700', null),
  bar('AAPL', '2026-01-05', ['184.9', '186.2', '184.7', '185.8'], '51938200', '2026-01-02'),
  bar('AAPL', '2026-01-06', ['185.6', '187', '184.1', '186.4'], '46120900', '2026-01-05'),
  { command: 'CorrectBar', entityId: 'bar:AAPL:2026-01-06', data: { close: '186.45', reason: 'late print in the closing auction' } },
]

const backtest = { strategy: 'momentum', instruments: ['AAPL', 'MSFT'], from: '2020-01-01T00:00:00Z', to: '2025-12-31T00:00:00Z' }

const worked: readonly DemoCommand[] = [
  fill('14:45:03.118204', 1, '12', '182.31', 'XNAS'),
  fill('15:10:41.902117', 2, '8', '182.35', 'ARCX'),
  fill('15:40:00.441', 3, '15', '182.28', 'XNAS'),
  fill('16:05:27.000815', 4, '10', '182.4', 'BATS'),
  fill('16:38:52.77', 5, '5', '182.4', 'XNAS'),
  fill('17:20:10.203', 6, '20', '182.74', 'ARCX'),
  fill('18:02:33.65', 7, '18', '182.69', 'XNAS'),
  fill('18:55:47.001', 8, '12', '182.88', 'BATS'),
  fill('19:41:19.34', 9, '9', '182.81', 'XNAS'),
]

export const demoData: readonly DemoCommand[] = [
  eve('OpenAccount', 'account:alice:USD', { currency: 'USD' }),
  eve('Deposit', 'account:alice:USD', usd('50000', 'wire 2211')),
  eve('OpenAccount', 'account:bob:USD', { currency: 'USD' }),
  eve('Deposit', 'account:bob:USD', usd('40000', 'wire 2212')),
  eve('OpenAccount', 'account:carol:USD', { currency: 'USD', limit: '-1000' }),
  eve('TransferFunds', 'account:bob:USD', { toAccountId: 'account:carol:USD', ...usd('2500', 'seed money') }),
  eve('HoldFunds', 'account:carol:USD', { holdId: 'margin-1', amount: '500' }),

  open('SubmitTrade', 'trade:alice:T-1', {
    ...order('buy', '100', 'AAPL', '185.5'),
    fundingAccountId: 'account:alice:USD',
    strategy: 'momentum',
    broker: 'IB',
  }),
  early('RecordExecution', 'trade:alice:T-1', {
    executionId: 'E-1',
    quantity: '60',
    price: '185.4',
    commission: '1.2',
    venue: 'XNAS',
    expectedPrice: '185.5',
    market: { bid: '185.38', ask: '185.41' },
  }),
  midday('RecordExecution', 'trade:alice:T-1', { executionId: 'E-2', quantity: '40', price: '185.5', commission: '0.8', venue: 'ARCX' }),

  open('SubmitTrade', 'trade:bob:T-1', { ...order('sell', '30', 'TSLA', '250'), fundingAccountId: 'account:bob:USD' }),
  early('RecordExecution', 'trade:bob:T-1', { executionId: 'E-1', quantity: '30', price: '205', venue: 'XNAS' }),
  late('BustExecution', 'trade:bob:T-1', { executionId: 'E-1', reason: 'clearly erroneous price' }),
  late('RecordExecution', 'trade:bob:T-1', { executionId: 'E-2', quantity: '30', price: '250.5', venue: 'XNAS' }),

  open('SubmitTrade', 'trade:alice:T-2', { ...order('buy', '50', 'MSFT', '410'), counterparty: 'bob' }),
  open('SubmitTrade', 'trade:bob:T-2', { ...order('sell', '50', 'MSFT', '410'), counterparty: 'alice' }),
  midday('MatchTrades', 'trade:alice:T-2', { otherTradeId: 'trade:bob:T-2' }),
  late('ConfirmTrade', 'trade:alice:T-2'),
  nextDay('SettleTrade', 'trade:alice:T-2'),

  midday('SubmitTrade', 'trade:alice:T-3', { ...order('buy', '40', 'NVDA', '120'), fundingAccountId: 'account:alice:USD' }),
  late('AmendTrade', 'trade:alice:T-3', { price: '121.25' }),
  nextDay('ReduceTrade', 'trade:alice:T-3', { quantity: '15' }),
  nextDay('SubmitTrade', 'trade:carol:T-1', order('buy', '10', 'AAPL', '184')),
  nextDay('CancelTrade', 'trade:carol:T-1', { reason: 'changed her mind' }),

  midday('OpenTicket', 'ticket:alice:42', {
    subject: 'Commission on T-1 looks high',
    description: 'Two dollars for a hundred shares?',
    priority: 'low',
    fields: { trade: 'trade:alice:T-1' },
  }),
  late('EditTicket', 'ticket:alice:42', { assignee: 'dora', priority: 'normal', status: 'in review' }),
  late('AddNote', 'ticket:alice:42', { text: 'The broker charges 0.02 a share; as agreed in her contract.' }),
  nextDay('CloseTicket', 'ticket:alice:42', { resolution: 'explained' }),
  late('OpenTicket', 'ticket:bob:7', { subject: 'TSLA filled far off the market', priority: 'high', fields: { busted: true, shares: 30 } }),

  // An order that was worked over the day: many versions to travel through.
  open('SubmitTrade', 'trade:bob:T-3', {
    ...order('buy', '120', 'AMZN', '182.4'),
    fundingAccountId: 'account:bob:USD',
    strategy: 'twap',
    broker: 'IB',
  }),
  ...worked.slice(0, 5),
  midday('AmendTrade', 'trade:bob:T-3', { price: '182.9' }),
  ...worked.slice(5),

  ...bars,
  early('SubmitSignal', 'signal:alice:S-1', {
    instrument: 'AAPL',
    side: 'buy',
    confidence: '0.72',
    strategy: 'momentum',
    indicators: { rsi14: '61.4', trend: 'up' },
    price: '185.4',
    expectedMove: '0.01',
    horizonAt: '2026-01-06T21:00:00Z',
    expiresAt: '2026-01-05T21:00:00Z',
  }),
  nextDay('ExpireSignal', 'signal:alice:S-1'),
  late('RecordBacktest', 'backtest:alice:B-1', {
    ...backtest,
    parameters: { lookbackDays: 20, entry: '0.6' },
    metrics: { totalReturn: '0.482', sharpe: '1.31', maximumDrawdown: '0.127' },
    tradeCount: 214,
  }),
  nextDay('RerunBacktest', 'backtest:alice:B-1', {
    parameters: { lookbackDays: 50 },
    metrics: { totalReturn: '0.391', sharpe: '1.42', maximumDrawdown: '0.098' },
    tradeCount: 96,
  }),
]
