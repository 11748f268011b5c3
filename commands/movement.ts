// What accounts allow to be done to their money, and the other side of money that enters or leaves: every unit's postings sum to zero per currency, so whatever reaches an account from outside
// leaves the owner's boundary account of that currency. That account is opened by the first movement that needs it, effective from the earliest of all times, so that it is there at any time asked for.
import type { AccountState } from '../ledger/entities/account.ts'
import { changed } from '../ledger/entities/account.ts'
import { add, compare, inRange, negate, type Decimal } from '../ledger/decimal.ts'
import { entityId, localOf, type EntityId } from '../ledger/entity-id.ts'
import { EARLIEST } from '../ledger/instant.ts'
import type { JsonObject } from '../ledger/json.ts'
import type { Asked, Decision, Known, Lookup, NewVersion } from './command.ts'
import { reject, type Refused } from './decision.ts'

const BOUNDARY_LOCAL = /^world\.[A-Za-z0-9]{3,12}$/

/** By how much balance and held money change, signed. */
export interface Change {
  readonly posting?: Decimal
  readonly held?: Decimal
}

const isBoundary = (id: EntityId): boolean => BOUNDARY_LOCAL.test(localOf(id))

export const refuseBoundary = (id: EntityId, pointer?: string): Refused | undefined =>
  isBoundary(id) ? reject('boundary_account', `${id} is a boundary account and takes no commands`, pointer) : undefined

export const refuseClosed = (account: AccountState, id: EntityId, pointer?: string): Refused | undefined =>
  account.status === 'closed' ? reject('account_closed', `${id} is closed`, pointer) : undefined

/** A movement before the account was there would show in no view by effective time, and its other side would. What holds from when it is recorded only the database can compare. */
export const refuseBeforeOpening = (account: Known, { effectiveAt }: Asked<object>): Refused | undefined =>
  effectiveAt !== undefined && account.effectiveFrom !== undefined && effectiveAt < account.effectiveFrom
    ? reject(
        'effective_before_opening',
        `${account.entityId} is open from ${account.effectiveFrom}, the movement would hold at ${effectiveAt}`,
        '/effectiveAt',
      )
    : undefined

/** In the order of versions an account never has less available than its limit, so a change that leaves it more is never refused for that. */
export function refuseChange(account: AccountState, change: Change, pointer?: string): Refused | undefined {
  const after = changed(account, change.posting, change.held)
  if (account.limit !== null && compare(after.available, account.limit) < 0) {
    return reject(
      'insufficient_funds',
      `${account.available} ${account.currency} is available and the limit is ${account.limit}; ${after.available} would be left`,
      pointer,
    )
  }
  return refuseOutOfRange([after.balance, after.held, after.available], pointer)
}

export function refuseOutOfRange(results: readonly Decimal[], pointer?: string): Refused | undefined {
  const tooLarge = results.find((result) => !inRange(result))
  return tooLarge === undefined ? undefined : reject('out_of_range', `${tooLarge} has more than 20 digits before the point`, pointer)
}

const boundaryOf = ({ owner, currency }: AccountState): EntityId => entityId('account', owner, `world.${currency}`)

const opening = (id: EntityId, { owner, currency }: AccountState): NewVersion => ({
  entityId: id,
  event: 'AccountOpened',
  data: { owner, currency, limit: null },
  effectiveAt: EARLIEST,
})

/** The other side of a posting to an account: the same event, with the opposite posting, on the boundary account. */
export function otherSide(
  account: AccountState,
  event: string,
  data: JsonObject & { readonly posting: Decimal },
  lookup: Lookup,
): Decision {
  const id = boundaryOf(account)
  const { state } = lookup<AccountState>(id)
  const posting = negate(data.posting)
  const moved: NewVersion = { entityId: id, event, data: { ...data, posting } }
  const refused = refuseOutOfRange([add(state?.balance ?? '0', posting)])
  return refused ?? { append: state === undefined ? [opening(id, account), moved] : [moved] }
}
