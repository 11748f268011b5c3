// The commands on accounts, and when they are refused. Money is double entry: a deposit or withdrawal has its other side on the owner's boundary account (movement.ts), a transfer on the account
// that is paid (transfer.ts).
import { z } from 'zod'
import { holdOf, type AccountState } from '../ledger/entities/account.ts'
import { compare, decimalSchema, isZero, negate, positiveDecimalSchema, type Decimal } from '../ledger/decimal.ts'
import { localSchema, ownerOf } from '../ledger/entity-id.ts'
import { currencySchema, textSchema } from '../ledger/text.ts'
import type { Asked, CommandDefinition, Decision, Lookup } from './command.ts'
import { append, before, reject } from './decision.ts'
import { changing, creating } from './define.ts'
import { otherSide, refuseBeforeOpening, refuseBoundary, refuseChange, refuseClosed } from './movement.ts'
import { transferFunds } from './transfer.ts'

export const MAX_HOLDS = 1_000

const openAccount = creating({
  name: 'OpenAccount',
  kind: 'account',
  route: '/accounts',
  creates: { local: 'accountId' },
  data: z.strictObject({
    currency: currencySchema,
    /** The lowest balance allowed; null: none. */
    limit: decimalSchema
      .refine((limit) => compare(limit, '0') <= 0, { error: 'must be zero or below' })
      .nullable()
      .default('0'),
  }),
  decide: ({ entityId, data }) =>
    refuseBoundary(entityId, '/accountId') ?? append({ entityId, event: 'AccountOpened', data: { owner: ownerOf(entityId), ...data } }),
})

const movement = z.strictObject({ amount: positiveDecimalSchema, reference: textSchema().optional() })

/** Money that enters (+) or leaves (-), and its other side. */
function decideMovement(
  event: string,
  posting: Decimal,
  account: AccountState,
  asked: Asked<z.infer<typeof movement>>,
  lookup: Lookup,
): Decision {
  const { entityId } = asked
  const refused =
    refuseBoundary(entityId) ??
    refuseClosed(account, entityId) ??
    refuseBeforeOpening(lookup(entityId), asked) ??
    refuseChange(account, { posting }, '/amount')
  if (refused) return refused
  const data = { ...asked.data, posting }
  return before({ entityId, event, data }, otherSide(account, event, data, lookup))
}

const deposit = changing({
  name: 'Deposit',
  kind: 'account',
  route: '/accounts/{id}/deposit',
  data: movement,
  decide: (account: AccountState, asked, lookup) => decideMovement('FundsDeposited', asked.data.amount, account, asked, lookup),
})

const withdraw = changing({
  name: 'Withdraw',
  kind: 'account',
  route: '/accounts/{id}/withdraw',
  data: movement,
  decide: (account: AccountState, asked, lookup) => decideMovement('FundsWithdrawn', negate(asked.data.amount), account, asked, lookup),
})

const hold = z.strictObject({ holdId: localSchema, amount: positiveDecimalSchema })

function decideHold(account: AccountState, { entityId, data }: Asked<z.infer<typeof hold>>): Decision {
  const refused = refuseBoundary(entityId) ?? refuseClosed(account, entityId)
  if (refused) return refused
  if (holdOf(account, data.holdId) !== undefined) return reject('hold_exists', `${entityId} has a hold ${data.holdId} already`, '/holdId')
  if (Object.keys(account.holds).length >= MAX_HOLDS) return reject('too_many_holds', `${entityId} has ${MAX_HOLDS} holds`)
  return refuseChange(account, { held: data.amount }, '/amount') ?? append({ entityId, event: 'FundsHeld', data })
}

const holdFunds = changing({ name: 'HoldFunds', kind: 'account', route: '/accounts/{id}/hold', data: hold, decide: decideHold })

const release = z.strictObject({ holdId: localSchema })

function decideRelease(account: AccountState, { entityId, data }: Asked<z.infer<typeof release>>): Decision {
  const refused = refuseBoundary(entityId) ?? refuseClosed(account, entityId)
  if (refused) return refused
  const amount = holdOf(account, data.holdId)
  if (amount === undefined) return reject('hold_not_found', `${entityId} has no hold ${data.holdId}`, '/holdId')
  return append({ entityId, event: 'FundsReleased', data: { holdId: data.holdId, amount } })
}

const releaseFunds = changing({
  name: 'ReleaseFunds',
  kind: 'account',
  route: '/accounts/{id}/release',
  data: release,
  decide: decideRelease,
})

function decideClose(account: AccountState, { entityId }: Asked<object>): Decision {
  const refused = refuseBoundary(entityId) ?? refuseClosed(account, entityId)
  if (refused) return refused
  if (!isZero(account.balance) || !isZero(account.held) || Object.keys(account.holds).length > 0) {
    return reject(
      'account_not_empty',
      `${entityId} has a balance of ${account.balance} ${account.currency}, of which ${account.held} is held`,
    )
  }
  return append({ entityId, event: 'AccountClosed', data: {} })
}

const closeAccount = changing({
  name: 'CloseAccount',
  kind: 'account',
  route: '/accounts/{id}/close',
  data: z.strictObject({}),
  decide: decideClose,
})

export const accountCommands: readonly CommandDefinition[] = [
  openAccount,
  deposit,
  withdraw,
  holdFunds,
  releaseFunds,
  transferFunds,
  closeAccount,
]
