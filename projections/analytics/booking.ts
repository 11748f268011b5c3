// What an execution earns: profit and loss booked at the running average cost of the position (owner, instrument, currency), in the order of versions. What reduces the position realises its
// quantity times the difference of price and average cost; what crosses zero closes the position and opens the other side. In everything booked, what was realised less the change of the cost is the
// cash that has flowed, to the last decimal: the only thing that is rounded (half even, 18 decimals) is which part of the cost a quantity takes along, and what rounding leaves goes with the
// quantity that makes the position flat. A bust takes back exactly what its execution had booked, and nothing else is booked anew; where that makes the position flat, it realises what is left of
// the cost.
import { add, compare, divide, isNegative, isZero, multiply, negate, product, subtract, type Decimal } from '../../ledger/decimal.ts'
import type { Execution } from '../../ledger/entities/trade.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { RecordOf } from '../projection.ts'
import { documentKey } from '../views/document-key.ts'

/** A position: below zero, both of them, where it was sold short. */
export interface Held extends JsonObject {
  readonly quantity: Decimal
  /** What the quantity has cost. */
  readonly cost: Decimal
}

/** What an execution has done to its position. */
export interface Booking {
  readonly closedQuantity: Decimal
  readonly realisedPnl: Decimal
  /** What it has added to the cost. */
  readonly costChange: Decimal
}

/** Amounts with more digits before the point are not booked: a hundred thousand of the largest that are still add up in a column of 38 digits, 18 of them after the point. */
const MAX_BOOKED_DIGITS = 15

const FLAT: Held = { quantity: '0', cost: '0' }
const absolute = (value: Decimal): Decimal => (isNegative(value) ? negate(value) : value)

/** The value, a canonical decimal, where it can be booked. */
export function bookable(value: Decimal): Decimal | undefined {
  const [whole = ''] = value.split('.', 1)
  return whole.length - (isNegative(value) ? 1 : 0) <= MAX_BOOKED_DIGITS ? value : undefined
}

/** Of what memory there is of a position. */
export const positionKey = ({ state: { owner, instrument, currency } }: RecordOf<'trade'>): string =>
  documentKey(owner, instrument, currency)

interface Deal extends Pick<Execution, 'quantity' | 'price'> {
  readonly side: 'buy' | 'sell'
}

/** Above zero for what is bought. */
const signed = ({ side }: Deal, value: Decimal): Decimal => (side === 'buy' ? value : negate(value))
/** Quantity times price, below zero for a sale: the cash that flows out. */
const spent = (deal: Deal, quantity = deal.quantity): Decimal => signed(deal, multiply(quantity, deal.price))

/** Undefined: some of it has too many digits, and nothing is booked. */
export function book(held: Held = FLAT, deal: Deal): Booking | undefined {
  const cash = spent(deal)
  const closedQuantity = closedBy(held.quantity, deal)
  const realisedPnl = isZero(closedQuantity) ? '0' : negate(add(spent(deal, closedQuantity), costOf(closedQuantity, held)))
  const costChange = add(cash, realisedPnl)
  return bookable(cash) && bookable(realisedPnl) && bookable(costChange) ? { closedQuantity, realisedPnl, costChange } : undefined
}

/** How much of a position is closed. */
function closedBy(held: Decimal, deal: Deal): Decimal {
  const isOpposite = !isZero(held) && isNegative(held) === (deal.side === 'buy')
  if (!isOpposite) return '0'
  return compare(deal.quantity, absolute(held)) < 0 ? deal.quantity : absolute(held)
}

const costOf = (closed: Decimal, { quantity, cost }: Held): Decimal =>
  compare(closed, absolute(quantity)) === 0 ? cost : divide(product(cost, closed), absolute(quantity))

/** What an execution had earned, from what else it had booked. */
export const realisedBy = (deal: Deal, costChange: Decimal): Decimal => subtract(costChange, spent(deal))

export interface Booked {
  readonly deal: Deal
  readonly isBust: boolean
  /** Undefined: it was not booked. */
  readonly costChange: Decimal | undefined
}

/** Before what is left of the cost of a flat position is realised. */
function heldWith({ quantity, cost }: Held = FLAT, { deal, isBust, costChange }: Booked): Held {
  if (costChange === undefined) return { quantity, cost }
  const by = isBust ? subtract : add
  return { quantity: by(quantity, signed(deal, deal.quantity)), cost: by(cost, costChange) }
}

/** The position after what was booked, or what a bust took back. Null: it is flat. */
export function heldAfter(before: Held | undefined, booked: Booked): Held | null {
  const held = heldWith(before, booked)
  return isZero(held.quantity) ? null : held
}

/** What a bust realises: what is left of the cost, where it makes the position flat. */
export function leftByBust(before: Held | undefined, booked: Omit<Booked, 'isBust'>): Decimal {
  const { quantity, cost } = heldWith(before, { ...booked, isBust: true })
  return isZero(quantity) ? (bookable(negate(cost)) ?? '0') : '0'
}
