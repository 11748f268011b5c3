// What a funded trade does to the money of its account, in the unit of the trade's own version: it changes the hold to what now remains at its price, and moves what executions cost or bring,
// against the boundary account. The account is looked at only where money or hold changes, so a trade that changes neither does not queue for it.
import { trade as tradeKind, type TradeState } from '../ledger/entities/trade.ts'
import type { AccountState } from '../ledger/entities/account.ts'
import { isZero, subtract, type Decimal } from '../ledger/decimal.ts'
import { ownerOf, type EntityId } from '../ledger/entity-id.ts'
import type { Asked, Decision, Known, Lookup, NewVersion } from './command.ts'
import { append, before, nothing, reject, type Refused } from './decision.ts'
import type { RejectionCode } from './rejection.ts'
import { otherSide, refuseBeforeOpening, refuseBoundary, refuseChange, refuseClosed, refuseOutOfRange } from './movement.ts'

const FUNDING = '/fundingAccountId'

/** What a change of a funded trade's hold can be refused with. */
export const HOLD_REJECTIONS: readonly RejectionCode[] = ['account_closed', 'insufficient_funds', 'out_of_range']
/** And one that moves money. */
export const MOVEMENT_REJECTIONS: readonly RejectionCode[] = [...HOLD_REJECTIONS, 'effective_before_opening']

/** What moves because of an execution, or of its bust; without one, nothing. */
export interface Moved {
  readonly posting: Decimal
  readonly executionId?: string
}

interface FundsChange extends Moved {
  readonly accountId: EntityId
  readonly tradeId: EntityId
  readonly held: Decimal
}

/** Whether an account is one for the trade at all: told by its id, so that nobody learns whether another owner's account is there. */
export function refuseForeign(tradeId: EntityId, accountId: EntityId): Refused | undefined {
  const refused = refuseBoundary(accountId, FUNDING)
  if (refused || ownerOf(accountId) === ownerOf(tradeId)) return refused
  return reject('account_not_owned', `${accountId} does not belong to ${ownerOf(tradeId)}`, FUNDING)
}

/** Whether a new trade may use an account of its owner; the account is there. */
export function refuseFunding(
  currency: string,
  { entityId, state }: Known<AccountState> & { readonly state: AccountState },
): Refused | undefined {
  if (state.currency !== currency)
    return reject('currency_mismatch', `${entityId} is in ${state.currency}, the trade in ${currency}`, FUNDING)
  return refuseClosed(state, entityId, FUNDING)
}

/** The trade's own version, and after it what it changes for the account that funds it. */
export function withFunds(own: NewVersion, was: TradeState | undefined, moved: Moved, asked: Asked<object>, lookup: Lookup): Decision {
  if (was !== undefined && was.fundingAccountId === undefined) return append(own)
  const { fundingAccountId, held } = tradeKind.evolve(was, own)
  if (fundingAccountId === undefined) return append(own)
  const refused = refuseOutOfRange([held])
  if (refused) return refused
  const change: FundsChange = { ...moved, accountId: fundingAccountId, tradeId: own.entityId, held: subtract(held, was?.held ?? '0') }
  return before(own, changeFunds(change, asked, lookup))
}

function changeFunds(change: FundsChange, asked: Asked<object>, lookup: Lookup): Decision {
  const { accountId, tradeId, executionId, posting, held } = change
  if (isZero(posting) && isZero(held)) return nothing
  const account = lookup<AccountState>(accountId)
  if (account.state === undefined) return { missing: accountId }
  const refused =
    refuseClosed(account.state, accountId) ??
    (isZero(posting) ? undefined : refuseBeforeOpening(account, asked)) ??
    refuseChange(account.state, { posting, held })
  if (refused) return refused
  const cause = { tradeId, ...(executionId === undefined ? {} : { executionId }) }
  const version = { entityId: accountId, event: 'TradeFundsChanged' }
  if (isZero(posting)) return append({ ...version, data: { ...cause, held } })
  return before(
    { ...version, data: { ...cause, posting, ...(isZero(held) ? {} : { held }) } },
    otherSide(account.state, version.event, { ...cause, posting }, lookup),
  )
}
