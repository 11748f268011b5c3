// An account: money that is there (balance), money that is promised (held, by trades and by holds), and how low it may go (limit). Every event carries the signed amounts by which it moves
// balance and held, so they add up to the same in any order, and holds are sums too: a release folded before its hold leaves a negative entry, which the hold then takes away.
import { z } from 'zod'
import { add, isZero, negate, subtract, type Decimal } from '../decimal.ts'
import { entityIdSchema, localSchema, ownerSchema } from '../entity-id.ts'
import type { Kind, LedgerEvent } from '../kind.ts'
import { currencySchema, textSchema } from '../text.ts'
import { keptAmounts, keptDecimal } from './kept.ts'

const accountState = z
  .strictObject({
    owner: ownerSchema,
    currency: currencySchema,
    balance: keptDecimal,
    /** By trades and by holds. */
    held: keptDecimal,
    /** balance - held: never below limit, in the order of versions. */
    available: keptDecimal,
    /** The lowest that may be available; null: none. */
    limit: keptDecimal.nullable(),
    holds: keptAmounts,
    status: z.enum(['open', 'closed']),
  })
  .readonly()

const reference = textSchema().optional()

const events = {
  AccountOpened: z.strictObject({ owner: ownerSchema, currency: currencySchema, limit: keptDecimal.nullable() }).readonly(),
  /** posting, here and below: what this version adds to the balance. */
  FundsDeposited: z.strictObject({ amount: keptDecimal, posting: keptDecimal, reference }).readonly(),
  FundsWithdrawn: z.strictObject({ amount: keptDecimal, posting: keptDecimal, reference }).readonly(),
  FundsTransferred: z
    .strictObject({ amount: keptDecimal, posting: keptDecimal, counterAccountId: entityIdSchema('account'), reference })
    .readonly(),
  FundsHeld: z.strictObject({ holdId: localSchema, amount: keptDecimal }).readonly(),
  FundsReleased: z.strictObject({ holdId: localSchema, amount: keptDecimal }).readonly(),
  /** held: what this version adds to the money that trades hold. */
  TradeFundsChanged: z
    .strictObject({
      tradeId: entityIdSchema('trade'),
      executionId: localSchema.optional(),
      posting: keptDecimal.optional(),
      held: keptDecimal.optional(),
    })
    .readonly(),
  AccountClosed: z.strictObject({}).readonly(),
}

type EventData = { readonly [Name in keyof typeof events]: z.infer<(typeof events)[Name]> }
type Holds = AccountState['holds']

export type AccountState = z.infer<typeof accountState>

const open = ({ owner, currency, limit }: EventData['AccountOpened']): AccountState => ({
  owner,
  currency,
  balance: '0',
  held: '0',
  available: '0',
  limit,
  holds: {},
  status: 'open',
})

/** The account after its balance and its held money have changed by signed amounts. */
export function changed(account: AccountState, posting: Decimal = '0', heldChange: Decimal = '0'): AccountState {
  const balance = add(account.balance, posting)
  const held = add(account.held, heldChange)
  return { ...account, balance, held, available: subtract(balance, held) }
}

/** A hold's amount; a hold may be called `constructor` or `__proto__`, so only own entries count. */
export const holdOf = (account: AccountState, holdId: string): Decimal | undefined =>
  Object.hasOwn(account.holds, holdId) ? account.holds[holdId] : undefined

function withHold(account: AccountState, holdId: string, change: Decimal): Holds {
  const amount = add(holdOf(account, holdId) ?? '0', change)
  // spread, computed keys and fromEntries define own members, whatever their name; an assignment would not
  return isZero(amount)
    ? Object.fromEntries(Object.entries(account.holds).filter(([id]) => id !== holdId))
    : { ...account.holds, [holdId]: amount }
}

const held = (account: AccountState, holdId: string, change: Decimal): AccountState => ({
  ...changed(account, '0', change),
  holds: withHold(account, holdId, change),
})

function evolve(account: AccountState | undefined, { event, data }: LedgerEvent): AccountState {
  if (account === undefined) return open(data as EventData['AccountOpened'])
  switch (event) {
    case 'FundsDeposited':
    case 'FundsWithdrawn':
    case 'FundsTransferred':
      return changed(account, (data as { readonly posting: Decimal }).posting)
    case 'FundsHeld': {
      const { holdId, amount } = data as EventData['FundsHeld']
      return held(account, holdId, amount)
    }
    case 'FundsReleased': {
      const { holdId, amount } = data as EventData['FundsReleased']
      return held(account, holdId, negate(amount))
    }
    case 'TradeFundsChanged': {
      const change = data as EventData['TradeFundsChanged']
      return changed(account, change.posting, change.held)
    }
    case 'AccountClosed':
      return { ...account, status: 'closed' }
    default:
      return account
  }
}

export const account: Kind<AccountState> = {
  kind: 'account',
  plural: 'accounts',
  schemaVersion: 1,
  upcasters: {},
  state: accountState,
  events,
  evolve,
  filters: ['currency', 'status'],
  sql: new URL('./account.sql', import.meta.url),
  example: 'account:alice:USD',
}
