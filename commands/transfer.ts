// TransferFunds: from one account to another of the same currency, of any owner, in one unit.
import { z } from 'zod'
import type { AccountState } from '../ledger/entities/account.ts'
import { negate, positiveDecimalSchema } from '../ledger/decimal.ts'
import { entityIdSchema } from '../ledger/entity-id.ts'
import { textSchema } from '../ledger/text.ts'
import type { Asked, Decision, Lookup, NewVersion } from './command.ts'
import { about, append, reject, type Refused } from './decision.ts'
import { changing } from './define.ts'
import { refuseBeforeOpening, refuseBoundary, refuseChange, refuseClosed } from './movement.ts'

const transfer = z.strictObject({
  toAccountId: entityIdSchema('account'),
  amount: positiveDecimalSchema,
  reference: textSchema().optional(),
})

const TO = '/toAccountId'
const AMOUNT = '/amount'

function refusePair(
  from: AccountState,
  to: AccountState,
  { entityId, data: { toAccountId } }: Asked<z.infer<typeof transfer>>,
): Refused | undefined {
  if (toAccountId === entityId) return reject('same_account', `${entityId} cannot pay itself`, TO)
  const refused = refuseClosed(from, entityId) ?? about(toAccountId, refuseClosed(to, toAccountId, TO))
  if (refused) return refused
  return from.currency === to.currency
    ? undefined
    : about(toAccountId, reject('currency_mismatch', `${entityId} is in ${from.currency}, ${toAccountId} in ${to.currency}`, TO))
}

function decideTransfer(from: AccountState, asked: Asked<z.infer<typeof transfer>>, lookup: Lookup): Decision {
  const { entityId } = asked
  const { toAccountId, ...moved } = asked.data
  const to = lookup<AccountState>(toAccountId)
  if (to.state === undefined) return { missing: toAccountId }
  const posting = negate(moved.amount)
  const refused =
    refuseBoundary(entityId) ??
    refuseBoundary(toAccountId, TO) ??
    refusePair(from, to.state, asked) ??
    refuseBeforeOpening(lookup(entityId), asked) ??
    about(toAccountId, refuseBeforeOpening(to, asked)) ??
    refuseChange(from, { posting }, AMOUNT) ??
    about(toAccountId, refuseChange(to.state, { posting: moved.amount }, AMOUNT))
  if (refused) return refused
  const version = (id: string, counterAccountId: string, signed: string): NewVersion => ({
    entityId: id,
    event: 'FundsTransferred',
    data: { ...moved, posting: signed, counterAccountId },
  })
  return append(version(entityId, toAccountId, posting), version(toAccountId, entityId, moved.amount))
}

export const transferFunds = changing({
  name: 'TransferFunds',
  kind: 'account',
  route: '/transfers',
  summary: 'Pay from one account to another of the same currency',
  example: { toAccountId: 'account:bob:USD', amount: '100', reference: 'rent' },
  rejections: [
    'boundary_account',
    'same_account',
    'account_closed',
    'currency_mismatch',
    'effective_before_opening',
    'insufficient_funds',
    'out_of_range',
  ],
  entityIn: 'fromAccountId',
  alsoNames: ['toAccountId'],
  paysOthers: true,
  data: transfer,
  decide: decideTransfer,
})
