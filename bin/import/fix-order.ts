// An order as the messages of a FIX log have left it, and what an execution report makes of it: changes of its trade, in the bulk form. Pure, and knows nothing of the ledger: the same reports
// always come to the same changes.
import { add, canonicalDecimal, compare, isDecimal, isZero, subtract, type Decimal } from '../../ledger/decimal.ts'
import { MAX_LOCAL_CHARACTERS, type EntityId } from '../../ledger/entity-id.ts'
import { MAX_TEXT_CHARACTERS } from '../../ledger/text.ts'
import { TAG, type FixMessage } from './fix-message.ts'
import { idPart } from '../../ledger/id-part.ts'
import type { Refusal } from './import-line.ts'

export interface FixOrder {
  readonly entityId: EntityId
  readonly version: number
  readonly quantity: Decimal
  /** Undefined: at the market. */
  readonly price: Decimal | undefined
  /** The broker's, once it has said one. */
  readonly orderId: string | undefined
  /** What is executed, by ExecID; what was taken back is zero. */
  readonly executions: ReadonlyMap<string, Decimal>
  readonly cancelled: boolean
}

export interface Change {
  readonly command: 'SubmitTrade' | 'AmendTrade' | 'RecordExecution' | 'BustExecution' | 'CancelTrade'
  readonly data: Readonly<Record<string, string>>
}

/** One version of the trade for each change. */
export interface Reported {
  readonly order: FixOrder
  readonly changes: readonly Change[]
}

export const executedOf = ({ executions }: FixOrder): Decimal => [...executions.values()].reduce(add, '0')

/** A number that the ledger can keep, as it keeps it. */
export function decimalIn(message: FixMessage, tag: string): Decimal | undefined {
  const text = message.get(tag)
  return text !== undefined && isDecimal(text) ? canonicalDecimal(text) : undefined
}

export const positiveIn = (message: FixMessage, tag: string): Decimal | undefined => {
  const value = decimalIn(message, tag)
  return value !== undefined && compare(value, '0') > 0 ? value : undefined
}

/** What the report says, and before it, where that is new, which number the order has at the broker. */
export function reported(order: FixOrder, report: FixMessage): Reported | Refusal {
  const named = withOrderId(order, report)
  const said = whatItSays(named.order, report)
  return 'refused' in said ? said : { order: said.order, changes: [...named.changes, ...said.changes] }
}

function unchanged(order: FixOrder): Reported {
  return { order, changes: [] }
}

const changed = (order: FixOrder, change: Change, after: Partial<FixOrder>): Reported => ({
  order: { ...order, ...after, version: order.version + 1 },
  changes: [change],
})

function withOrderId(order: FixOrder, report: FixMessage): Reported {
  const orderId = report.get(TAG.orderId)
  if (orderId === undefined || orderId === order.orderId) return unchanged(order)
  return changed(order, { command: 'AmendTrade', data: { contractId: orderId } }, { orderId })
}

/** ExecTransType, where FIX 4.2 has it, says what kind of report it is; else ExecType does. */
function whatItSays(order: FixOrder, report: FixMessage): Reported | Refusal {
  const type = report.get(TAG.execType) ?? ''
  const says = TRANSACTS.get(report.get(TAG.execTransType) ?? '') ?? SAYS.get(type)
  return says?.(order, report) ?? { refused: `ExecType (150) ${JSON.stringify(type)} is not known` }
}

type Says = (order: FixOrder, report: FixMessage) => Reported | Refusal

const TRANSACTS: ReadonlyMap<string, Says> = new Map<string, Says>([
  ['1', takenBack], // cancel
  ['2', corrected],
  ['3', unchanged], // status
])

const SAYS: ReadonlyMap<string, Says> = new Map<string, Says>([
  // new, pending cancel, stopped, suspended, pending new, calculated, pending replace, order status, triggered
  ...['0', '6', '7', '9', 'A', 'B', 'E', 'I', 'L'].map((type) => [type, unchanged] as const),
  ['1', executed],
  ['2', executed],
  ['F', executed],
  ['5', replaced],
  ['D', replaced], // restated
  ['G', corrected],
  ['H', takenBack],
  ['3', ended('done for day')],
  ['4', ended('cancelled')],
  ['8', ended('rejected')],
  ['C', ended('expired')],
])

const isOver = (order: FixOrder): boolean => order.cancelled || compare(executedOf(order), order.quantity) >= 0

function executed(order: FixOrder, report: FixMessage): Reported | Refusal {
  const execId = report.get(TAG.execId) ?? ''
  if (order.executions.has(execId)) return unchanged(order)
  const executionId = idPart(execId)
  const quantity = positiveIn(report, TAG.lastQty)
  const price = decimalIn(report, TAG.lastPx)
  const venue = report.get(TAG.lastMkt)
  if (executionId === '' || executionId.length > MAX_LOCAL_CHARACTERS) return { refused: `${JSON.stringify(execId)} is no ExecID (17)` }
  if (quantity === undefined) return { refused: `${JSON.stringify(report.get(TAG.lastQty) ?? '')} is no quantity (32)` }
  if (price === undefined) return { refused: `${JSON.stringify(report.get(TAG.lastPx) ?? '')} is no price (31)` }
  if (order.cancelled) return { refused: `an execution of ${quantity}, and the order is cancelled already` }
  const remaining = subtract(order.quantity, executedOf(order))
  if (compare(quantity, remaining) > 0) return { refused: `an execution of ${quantity}, and ${remaining} remain of the order` }
  const data = { executionId, quantity, price, ...(venue !== undefined && { venue }) }
  return changed(order, { command: 'RecordExecution', data }, { executions: new Map(order.executions).set(execId, quantity) })
}

function takenBack(order: FixOrder, report: FixMessage): Reported | Refusal {
  const execId = report.get(TAG.execRefId) ?? ''
  const quantity = order.executions.get(execId)
  if (quantity === undefined) return { refused: `the order has no execution ${JSON.stringify(execId)} that could be taken back` }
  if (isZero(quantity)) return unchanged(order)
  const reason = reasonOf('taken back by the broker', report)
  const change: Change = { command: 'BustExecution', data: { executionId: idPart(execId), reason } }
  return changed(order, change, { executions: new Map(order.executions).set(execId, '0') })
}

/** Taken back, and executed as the report has it now. */
function corrected(order: FixOrder, report: FixMessage): Reported | Refusal {
  const first = takenBack(order, report)
  if ('refused' in first) return first
  const second = executed(first.order, report)
  return 'refused' in second ? second : { order: second.order, changes: [...first.changes, ...second.changes] }
}

function replaced(order: FixOrder, report: FixMessage): Reported | Refusal {
  const quantity = positiveIn(report, TAG.orderQty)
  const price = decimalIn(report, TAG.price)
  if (quantity === undefined) return { refused: `${JSON.stringify(report.get(TAG.orderQty) ?? '')} is no quantity (38)` }
  if (price === undefined && order.price !== undefined)
    return { refused: 'the order has no price any more, and the price of a trade can not be taken away' }
  const otherQuantity = quantity !== order.quantity
  const otherPrice = price !== order.price
  if (!otherQuantity && !otherPrice) return unchanged(order)
  if (order.cancelled || (isOver(order) && !otherQuantity))
    return { refused: 'the order is replaced, and it is filled or cancelled already' }
  const done = executedOf(order)
  if (compare(quantity, done) < 0) return { refused: `the order is replaced by one of ${quantity}, and ${done} are executed already` }
  const data = { ...(otherQuantity && { quantity }), ...(otherPrice && price !== undefined && { price }) }
  return changed(order, { command: 'AmendTrade', data }, { quantity, price })
}

/** After which nothing more is executed. */
function ended(how: string): Says {
  return (order, report) =>
    isOver(order)
      ? unchanged(order)
      : changed(order, { command: 'CancelTrade', data: { reason: reasonOf(how, report) } }, { cancelled: true })
}

/** With what the message says in its own words. */
function reasonOf(how: string, report: FixMessage): string {
  const text = report.get(TAG.text)
  return text === undefined ? how : [...`${how}: ${text}`].slice(0, MAX_TEXT_CHARACTERS).join('')
}
