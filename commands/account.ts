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
import type { RejectionCode } from './rejection.ts'
import { transferFunds } from './transfer.ts'

export const MAX_HOLDS = 1_000

const openAccount = creating({
  name: 'OpenAccount',
  kind: 'account',
  route: '/accounts',
  summary: 'Open an account',
  example: { currency: 'USD', limit: '0' },
  rejections: ['boundary_account'],
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

/** Of money that enters or leaves. */
const MOVEMENT: readonly RejectionCode[] = [
  'boundary_account',
  'account_closed',
  'effective_before_opening',
  'insufficient_funds',
  'out_of_range',
]

const deposit = changing({
  name: 'Deposit',
  kind: 'account',
  route: '/accounts/{id}/deposit',
  summary: 'Money enters an account',
  example: { amount: '5000', reference: 'wire 2211' },
  rejections: MOVEMENT,
  data: movement,
  decide: (account: AccountState, asked, lookup) => decideMovement('FundsDeposited', asked.data.amount, account, asked, lookup),
})

const withdraw = changing({
  name: 'Withdraw',
  kind: 'account',
  route: '/accounts/{id}/withdraw',
  summary: 'Money leaves an account',
  example: { amount: '250', reference: 'wire 2212' },
  rejections: MOVEMENT,
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

const holdFunds = changing({
  name: 'HoldFunds',
  kind: 'account',
  route: '/accounts/{id}/hold',
  summary: 'Promise a part of the money',
  example: { holdId: 'margin-1', amount: '500' },
  rejections: ['boundary_account', 'account_closed', 'hold_exists', 'too_many_holds', 'insufficient_funds', 'out_of_range'],
  data: hold,
  decide: decideHold,
})

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
  summary: 'Give a hold back',
  example: { holdId: 'margin-1' },
  rejections: ['boundary_account', 'account_closed', 'hold_not_found'],
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
  summary: 'Close an empty account',
  example: {},
  rejections: ['boundary_account', 'account_closed', 'account_not_empty'],
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
