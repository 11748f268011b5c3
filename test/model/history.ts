// Random histories: commands on a handful of entities of three owners, most of them sensible, some retried, dry, conditional or backdated.
import fc from 'fast-check'
import type { Command } from './book.ts'

const OWNERS = ['alice', 'bob', 'carol'] as const
const accountIds = [...OWNERS.flatMap((owner) => [`account:${owner}:A`, `account:${owner}:B`]), 'account:alice:E']
const tradeIds = OWNERS.flatMap((owner) => [1, 2, 3, 4, 5].map((n) => `trade:${owner}:${n}`))
const ticketIds = OWNERS.map((owner) => `ticket:${owner}:1`)

const account = fc.constantFrom(...accountIds)
const trade = fc.constantFrom(...tradeIds)
const ticket = fc.constantFrom(...ticketIds)
const cents = fc.integer({ min: 1, max: 200_00 }).map((n) => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}`)
const amount = fc.oneof(
  { weight: 5, arbitrary: cents },
  { weight: 1, arbitrary: fc.constantFrom('007.50', '0.000000000000000001', '1000') },
)
const quantity = fc.constantFrom('1', '2.5', '3', '5', '10', '10.0', '0.333333333333333333')
const price = fc.constantFrom('1', '9', '9.5', '0.333333333333333333', '12.25', '-1', '0')
const positive = fc.constantFrom('9', '9', '9.5', '0.333333333333333333')
const small = fc.constantFrom('1', '2', '3', '4', 'constructor')
const word = fc.constantFrom('a', 'b', 'toString')
const optionally = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

type Asked = Pick<Command, 'command' | 'entityId' | 'data'>
const asked = <Data extends object>(command: string, entityId: fc.Arbitrary<string>, data: fc.Arbitrary<Data>): fc.Arbitrary<Asked> =>
  fc
    .record({ entityId, data })
    .map((made) => ({ command, entityId: made.entityId, data: JSON.parse(JSON.stringify(made.data)) as Command['data'] }))
const none = fc.constant({})

const submitted = fc
  .record({
    entityId: trade,
    instrument: word,
    side: fc.constantFrom('buy', 'sell'),
    quantity,
    price: optionally(positive),
    funded: fc.boolean(),
    other: account,
  })
  .map(({ entityId, funded, other, ...data }): Asked => {
    const own = `account:${entityId.split(':')[1]}:A`
    const fundingAccountId = funded ? (other.endsWith(':B') ? other : own) : undefined
    return {
      command: 'SubmitTrade',
      entityId,
      data: JSON.parse(JSON.stringify({ ...data, currency: 'USD', fundingAccountId })) as Command['data'],
    }
  })

const execution = fc.record({
  executionId: small,
  quantity,
  price: positive,
  commission: optionally(fc.constantFrom('0.01', '-0.25', '1')),
  expectedPrice: optionally(price),
})
const terms = fc
  .record({ quantity: optionally(quantity), price: optionally(price), location: optionally(word) })
  .filter((data) => Object.values(data).some((value) => value !== undefined))
const edit = fc
  .record({
    subject: optionally(word),
    status: optionally(fc.constantFrom('waiting', 'Closed', 'closed')),
    assignee: optionally(fc.option(word)),
    fields: optionally(fc.dictionary(word, fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 3 })),
  })
  .filter((data) => Object.values(data).some((value) => value !== undefined))

const weighted: readonly (readonly [number, fc.Arbitrary<Asked>])[] = [
  [
    2,
    asked(
      'OpenAccount',
      account,
      fc.record({ currency: fc.constantFrom('USD', 'USD', 'EUR'), limit: optionally(fc.constantFrom('0', '-50', null)) }),
    ),
  ],
  [8, asked('Deposit', account, fc.record({ amount }))],
  [6, asked('Withdraw', account, fc.record({ amount }))],
  [4, asked('HoldFunds', account, fc.record({ holdId: small, amount }))],
  [4, asked('ReleaseFunds', account, fc.record({ holdId: small }))],
  [8, asked('TransferFunds', account, fc.record({ toAccountId: account, amount }))],
  [1, asked('CloseAccount', account, none)],
  [8, submitted],
  [6, asked('AmendTrade', trade, terms)],
  [3, asked('ReduceTrade', trade, fc.record({ quantity }))],
  [10, asked('RecordExecution', trade, execution)],
  [4, asked('BustExecution', trade, fc.record({ executionId: small, reason: word }))],
  [1, asked('CancelTrade', trade, none)],
  [4, asked('MatchTrades', trade, fc.record({ otherTradeId: trade }))],
  [2, asked('ConfirmTrade', trade, none)],
  [2, asked('SettleTrade', trade, none)],
  [2, asked('BreakMatch', trade, fc.record({ reason: word }))],
  [
    1,
    asked(
      'OpenTicket',
      ticket,
      fc.record({ subject: word, priority: optionally(word), fields: optionally(fc.dictionary(word, word, { maxKeys: 2 })) }),
    ),
  ],
  [4, asked('EditTicket', ticket, edit)],
  [2, asked('AddNote', ticket, fc.record({ text: word }))],
  [1, asked('CloseTicket', ticket, fc.record({ resolution: optionally(word) }))],
  [1, asked('ReopenTicket', ticket, none)],
]

/** Deep in the past, so that money may hold before its account does. */
export const effectiveTimes = [
  '2019-01-01T00:00:00.000000Z',
  '2020-06-01T12:00:00.000001Z',
  '2021-01-01T00:00:00.000000Z',
  '2022-03-04T05:06:07.890123Z',
]
/** Of so many commands one. */
const sometimes = <T>(oneIn: number, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const circumstances = fc.record({
  effectiveAt: sometimes(4, fc.constantFrom(...effectiveTimes)),
  commandId: sometimes(
    4,
    fc.integer({ min: 1, max: 300 }).map((n) => `key-${n}`),
  ),
  expectedVersion: sometimes(15, fc.integer({ min: 0, max: 6 })),
  dryRun: fc.integer({ min: 0, max: 14 }).map((n) => n === 0),
})

const command: fc.Arbitrary<Command> = fc
  .tuple(fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }))), circumstances)
  .map(([what, { effectiveAt, commandId, expectedVersion, dryRun }]) => ({
    ...what,
    dryRun,
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
    ...(commandId === undefined ? {} : { commandId }),
    ...(expectedVersion === undefined ? {} : { expectedVersion }),
  }))

const beginning: readonly Command[] = [
  ...accountIds.map((entityId, n): Command => {
    const limit = [undefined, '-50', null][n % 3]
    const data = { currency: entityId.endsWith('E') ? 'EUR' : 'USD', ...(limit === undefined ? {} : { limit }) }
    return { command: 'OpenAccount', entityId, data, dryRun: false, effectiveAt: effectiveTimes[n % 3] ?? '' }
  }),
  ...accountIds.map((entityId): Command => ({ command: 'Deposit', entityId, data: { amount: '500' }, dryRun: false })),
  ...tradeIds
    .filter((id) => !id.endsWith('5'))
    .map((entityId, n): Command => {
      const owner = entityId.split(':')[1]
      const fundingAccountId = n % 3 === 0 ? undefined : `account:${owner}:${n % 3 === 1 ? 'A' : 'B'}`
      const funding = fundingAccountId === undefined ? {} : { fundingAccountId }
      const data = { instrument: 'a', side: n % 2 === 0 ? 'buy' : 'sell', quantity: '10', price: '9', currency: 'USD', ...funding }
      return { command: 'SubmitTrade', entityId, data, dryRun: false }
    }),
  ...ticketIds.map((entityId): Command => ({ command: 'OpenTicket', entityId, data: { subject: 's' }, dryRun: false })),
]

/** Copies: the same command again, now or much later. */
const again = fc.array(fc.record({ from: fc.nat(), to: fc.nat() }), { maxLength: 12 })

export const history = (least: number, most: number): fc.Arbitrary<readonly Command[]> =>
  fc.tuple(fc.array(command, { minLength: least, maxLength: most, size: 'max' }), again).map(([made, copies]) => {
    const commands = [...made]
    for (const { from, to } of copies) {
      const copied = commands[from % commands.length]
      if (copied?.commandId !== undefined) commands.splice((from % commands.length) + 1 + (to % 20), 0, copied)
    }
    return [...beginning, ...commands]
  })

/** The same history of owners of its own. */
export const renamed = (commands: readonly Command[], run: string): readonly Command[] =>
  JSON.parse(JSON.stringify(commands).replaceAll(/\b(alice|bob|carol)\b/g, `$1-${run}`)) as readonly Command[]
