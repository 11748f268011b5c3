// Accounts in the model.
import {
  after,
  changes,
  missing,
  no,
  ownerOf,
  rawOf,
  type Book,
  type Change,
  type Command,
  type Outcome,
  type Planned,
  type Raw,
  word,
} from './book.ts'
import { scaled, sum, text, type Scaled } from './decimal.ts'

export interface RawAccount extends Raw {
  readonly currency: string
  readonly limit: Scaled | null
  readonly balance: Scaled
  readonly heldByTrades: Scaled
  readonly holds: ReadonlyMap<string, Scaled>
  readonly closed: boolean
}

const heldOf = (account: RawAccount): Scaled => account.heldByTrades + sum([...account.holds.values()])
const availableOf = (account: RawAccount): Scaled => account.balance - heldOf(account)

export const showAccount = (account: RawAccount): object => ({
  owner: account.owner,
  currency: account.currency,
  balance: text(account.balance),
  held: text(heldOf(account)),
  available: text(availableOf(account)),
  limit: account.limit === null ? null : text(account.limit),
  holds: Object.fromEntries([...account.holds].filter(([, amount]) => amount !== 0n).map(([id, amount]) => [id, text(amount)])),
  status: account.closed ? 'closed' : 'open',
})

const opened =
  (owner: string, currency: string, limit: Scaled | null): Change =>
  () =>
    ({ owner, currency, limit, balance: 0n, heldByTrades: 0n, holds: new Map<string, Scaled>(), closed: false }) as RawAccount

const moved = (posting: Scaled, held: Scaled): Change =>
  after<RawAccount>((account) => ({ ...account, balance: account.balance + posting, heldByTrades: account.heldByTrades + held }))

const held = (id: string, amount: Scaled): Change =>
  after<RawAccount>((account) => ({ ...account, holds: new Map(account.holds).set(id, (account.holds.get(id) ?? 0n) + amount) }))

const OPENED_ALWAYS = '1900-01-01T00:00:00.000000Z'

/** The other side of money that enters or leaves. */
function world(book: Book, { owner, currency }: RawAccount, posting: Scaled): readonly Planned[] {
  const entityId = `account:${owner}:world.${currency}`
  const opening = { entityId, change: opened(owner, currency, null), effectiveAt: OPENED_ALWAYS }
  return [...(book.has(entityId) ? [] : [opening]), { entityId, change: moved(-posting, 0n) }]
}

const beforeOpening = (book: Book, id: string, { effectiveAt }: Command): boolean => {
  const first = book.get(id)?.versions[0]
  return effectiveAt !== undefined && first !== undefined && effectiveAt < (first.effectiveAt ?? first.recordedAt)
}

const insufficient = (account: RawAccount, change: Scaled): boolean =>
  account.limit !== null && availableOf(account) + change < account.limit

/** What a trade does to its account's money, after its own change. */
export function fund(
  book: Book,
  command: Command,
  own: Planned,
  accountId: string | undefined,
  posting: Scaled,
  heldChange: Scaled,
): Outcome {
  if (accountId === undefined || (posting === 0n && heldChange === 0n)) return changes(own)
  const account = rawOf<RawAccount>(book, accountId)
  if (account === undefined) return missing
  if (account.closed) return no('account_closed')
  if (posting !== 0n && beforeOpening(book, accountId, command)) return no('effective_before_opening')
  if (insufficient(account, posting - heldChange)) return no('insufficient_funds')
  return changes(own, { entityId: accountId, change: moved(posting, heldChange) }, ...(posting === 0n ? [] : world(book, account, posting)))
}

function movement(book: Book, command: Command, posting: Scaled): Outcome {
  const { entityId } = command
  const account = rawOf<RawAccount>(book, entityId)
  if (account === undefined) return missing
  if (account.closed) return no('account_closed')
  if (beforeOpening(book, entityId, command)) return no('effective_before_opening')
  if (insufficient(account, posting)) return no('insufficient_funds')
  return changes({ entityId, change: moved(posting, 0n) }, ...world(book, account, posting))
}

function transfer(book: Book, command: Command): Outcome {
  const { entityId, data } = command
  const other = word(data['toAccountId'])
  const [from, to] = [rawOf<RawAccount>(book, entityId), rawOf<RawAccount>(book, other)]
  if (from === undefined || to === undefined) return missing
  if (entityId === other) return no('same_account')
  if (from.closed || to.closed) return no('account_closed')
  if (from.currency !== to.currency) return no('currency_mismatch')
  if (beforeOpening(book, entityId, command) || beforeOpening(book, other, command)) return no('effective_before_opening')
  const amount = scaled(word(data['amount']))
  if (insufficient(from, -amount)) return no('insufficient_funds')
  return changes({ entityId, change: moved(-amount, 0n) }, { entityId: other, change: moved(amount, 0n) })
}

export const accountCommands: Readonly<Record<string, (book: Book, command: Command) => Outcome>> = {
  OpenAccount: (_, { entityId, data }) =>
    changes({
      entityId,
      change: opened(ownerOf(entityId), word(data['currency']), data['limit'] === null ? null : scaled(word(data['limit'] ?? '0'))),
    }),
  Deposit: (book, command) => movement(book, command, scaled(word(command.data['amount']))),
  Withdraw: (book, command) => movement(book, command, -scaled(word(command.data['amount']))),
  TransferFunds: transfer,
  HoldFunds(book, { entityId, data }) {
    const account = rawOf<RawAccount>(book, entityId)
    const [id, amount] = [word(data['holdId']), scaled(word(data['amount']))]
    if (account === undefined) return missing
    if (account.closed) return no('account_closed')
    if ((account.holds.get(id) ?? 0n) !== 0n) return no('hold_exists')
    return insufficient(account, -amount) ? no('insufficient_funds') : changes({ entityId, change: held(id, amount) })
  },
  ReleaseFunds(book, { entityId, data }) {
    const account = rawOf<RawAccount>(book, entityId)
    const id = word(data['holdId'])
    if (account === undefined) return missing
    if (account.closed) return no('account_closed')
    const amount = account.holds.get(id) ?? 0n
    return amount === 0n ? no('hold_not_found') : changes({ entityId, change: held(id, -amount) })
  },
  CloseAccount(book, { entityId }) {
    const account = rawOf<RawAccount>(book, entityId)
    if (account === undefined) return missing
    if (account.closed) return no('account_closed')
    if (account.balance !== 0n || heldOf(account) !== 0n) return no('account_not_empty')
    return changes({ entityId, change: after<RawAccount>((before) => ({ ...before, closed: true })) })
  },
}
