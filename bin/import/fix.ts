// The messages of a FIX log as commands on trades: each NewOrderSingle is a trade `trade:OWNER:CLORDID`, which the broker's execution reports change. Pure: the same log always comes to the same
// commands, with the same keys and the same expected versions, from a model of the orders that knows nothing of the ledger; and a longer log begins with those of the shorter one. So a rerun is
// a replay, and can not accept what was refused.
import { compare, type Decimal } from '../../ledger/decimal.ts'
import { MAX_LOCAL_CHARACTERS, MAX_OWNER_CHARACTERS, type EntityId } from '../../ledger/entity-id.ts'
import type { Instant } from '../../ledger/instant.ts'
import { readFixMessage, TAG, timeOf, type FixMessage } from './fix-message.ts'
import { decimalIn, executedOf, positiveIn, reported, type Change, type FixOrder } from './fix-order.ts'
import { idPart } from '../../ledger/id-part.ts'
import { commandKey, type Refusal } from './import-line.ts'

/** In the bulk form. */
export interface FixCommand extends Change {
  readonly entityId: EntityId
  readonly commandId: string
  readonly expectedVersion: number
  readonly effectiveAt: Instant
}

/** An order whose executions do not come to what the broker's last report says. */
export interface FixBreak {
  readonly entityId: EntityId
  /** The broker's. */
  readonly orderId: string
  /** Of that report. */
  readonly line: number
  readonly executedQuantity: Decimal
  readonly cumQty: Decimal
}

export interface FixTranslator {
  /** A message's commands, which are one unit; none where it changes nothing. `key` is that of the first one. */
  readonly translate: (line: number, text: string, key: string) => readonly FixCommand[] | Refusal
  /** After the last line. */
  readonly breaks: () => readonly FixBreak[]
}

const NEW_ORDER = 'D'
const REPORT = '8'
/** Cancel, replace and status requests, and refusals of the first two. */
const ABOUT_ORDERS = new Set(['F', 'G', 'H', '9'])
/** What a session says of itself: heartbeat, test and resend request, reject, sequence reset, logout, logon. */
const OF_THE_SESSION = new Set(['0', '1', '2', '3', '4', '5', 'A'])

const SIDES: Readonly<Record<string, 'buy' | 'sell'>> = { '1': 'buy', '2': 'sell', '3': 'buy', '4': 'sell', '5': 'sell', '6': 'sell' }
const NOTHING: readonly FixCommand[] = []

/** `owner`: default, who sent the order. */
export function fixTranslator({ owner }: { readonly owner?: string | undefined } = {}): FixTranslator {
  const orders = new Map<EntityId, FixOrder>()
  /** Which order a ClOrdID of a client, or an OrderID of a broker, stands for. */
  const names = new Map<string, EntityId>()
  const recorded = new Map<EntityId, { readonly line: number; readonly cumQty: Decimal }>()

  const submit = (message: FixMessage, effectiveAt: Instant, key: string): readonly FixCommand[] | Refusal => {
    const clOrdId = message.get(TAG.clOrdId) ?? ''
    const name = clientsName(message.get(TAG.senderCompId), clOrdId)
    if (names.has(name)) return isRepeated(message) ? NOTHING : { refused: `order ${clOrdId} is there already` }
    const whose = owner ?? idPart(message.get(TAG.senderCompId) ?? '')
    const local = idPart(clOrdId)
    if (whose === '' || whose.length > MAX_OWNER_CHARACTERS) return { refused: 'the SenderCompID (49) is no owner: give one with --owner' }
    if (local === '' || local.length > MAX_LOCAL_CHARACTERS) return { refused: `${JSON.stringify(clOrdId)} is no ClOrdID (11)` }
    const data = submission(message)
    if ('refused' in data) return data
    const entityId = `trade:${whose}:${local}`
    const { quantity, price } = data
    orders.set(entityId, { entityId, version: 1, quantity, price, orderId: undefined, executions: new Map(), cancelled: false })
    names.set(name, entityId)
    const change: Change = { command: 'SubmitTrade', data: { ...data, clientReference: clOrdId } }
    return [{ ...change, entityId, commandId: key, expectedVersion: 0, effectiveAt }]
  }

  /** The order that a message is about; its new ClOrdID stands for the same order from now on. */
  const orderOf = (message: FixMessage, client: string | undefined, broker: string | undefined): FixOrder | undefined => {
    const orderId = message.get(TAG.orderId)
    const mine = clientsName(client, message.get(TAG.clOrdId))
    const id = names.get(brokersName(broker, orderId)) ?? names.get(mine) ?? names.get(clientsName(client, message.get(TAG.origClOrdId)))
    if (id === undefined) return undefined
    if (!names.has(mine)) names.set(mine, id)
    if (orderId !== undefined) names.set(brokersName(broker, orderId), id)
    return orders.get(id)
  }

  const report = (line: number, message: FixMessage, effectiveAt: Instant, key: string): readonly FixCommand[] | Refusal => {
    const order = orderOf(message, message.get(TAG.targetCompId), message.get(TAG.senderCompId))
    if (!order) return { refused: `no line before has order ${message.get(TAG.orderId)} (ClOrdID ${message.get(TAG.clOrdId)})` }
    const { entityId } = order
    const cumQty = decimalIn(message, TAG.cumQty)
    if (cumQty !== undefined) recorded.set(entityId, { line, cumQty })
    const after = reported(order, message)
    if ('refused' in after) return after
    orders.set(entityId, after.order)
    return after.changes.map((change, n) => ({
      ...change,
      entityId,
      commandId: commandKey(key, n),
      expectedVersion: order.version + n,
      effectiveAt,
    }))
  }

  return {
    translate(line, text, key) {
      const message = readFixMessage(text)
      if ('refused' in message) return message
      const type = message.get(TAG.msgType) ?? ''
      if (OF_THE_SESSION.has(type)) return NOTHING
      if (ABOUT_ORDERS.has(type)) {
        const fromBroker = type === '9'
        const [client, broker] = fromBroker ? [TAG.targetCompId, TAG.senderCompId] : [TAG.senderCompId, TAG.targetCompId]
        orderOf(message, message.get(client), message.get(broker))
        return NOTHING
      }
      if (type !== NEW_ORDER && type !== REPORT) return { refused: `a message of type ${JSON.stringify(type)} is not imported` }
      const effectiveAt = timeOf(message)
      if (effectiveAt === undefined) return { refused: 'the message has no time (TransactTime 60, SendingTime 52)' }
      return type === NEW_ORDER ? submit(message, effectiveAt, key) : report(line, message, effectiveAt, key)
    },
    breaks: () =>
      [...recorded].flatMap(([entityId, { line, cumQty }]) => {
        const order = orders.get(entityId)
        const executedQuantity = order ? executedOf(order) : '0'
        return compare(executedQuantity, cumQty) === 0 ? [] : [{ entityId, orderId: order?.orderId ?? '', line, executedQuantity, cumQty }]
      }),
  }
}

const clientsName = (client: string | undefined, clOrdId: string | undefined): string => `client ${client} ${clOrdId}`
const brokersName = (broker: string | undefined, orderId: string | undefined): string => `broker ${broker} ${orderId}`

/** PossDupFlag, PossResend. */
const isRepeated = (message: FixMessage): boolean => message.get('43') === 'Y' || message.get('97') === 'Y'

type Submission = Readonly<Record<'instrument' | 'side' | 'quantity' | 'currency', string>> &
  Readonly<Partial<Record<'price' | 'broker' | 'location', string>>>

function submission(message: FixMessage): Submission | Refusal {
  const instrument = message.get(TAG.symbol)
  const currency = message.get(TAG.currency)
  const side = SIDES[message.get(TAG.side) ?? '']
  const quantity = positiveIn(message, TAG.orderQty)
  const price = decimalIn(message, TAG.price)
  const broker = message.get(TAG.targetCompId)
  const location = message.get(TAG.securityExchange)
  if (!instrument) return { refused: 'the order has no Symbol (55)' }
  if (!currency) return { refused: 'the order has no Currency (15)' }
  if (!side) return { refused: `${JSON.stringify(message.get(TAG.side) ?? '')} is no side (54) of a trade` }
  if (quantity === undefined) return { refused: `${JSON.stringify(message.get(TAG.orderQty) ?? '')} is no quantity (38)` }
  if (price === undefined && message.has(TAG.price)) return { refused: `${JSON.stringify(message.get(TAG.price))} is no price (44)` }
  return {
    instrument,
    side,
    quantity,
    ...(price !== undefined && { price }),
    currency,
    ...(broker && { broker }),
    ...(location && { location }),
  }
}
