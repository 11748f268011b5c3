// LOBSTER's messages as commands on trades: each order is a trade `trade:OWNER:ORDERID`, each hidden execution one of its own, `trade:OWNER:hidden-LINE`. Pure: the same file always comes to the
// same commands, with the same keys and the same expected versions, from a model of the orders that knows nothing of the ledger. So a rerun is a replay, and can not accept what was refused.
import type { Instant } from '../../ledger/instant.ts'
import { commandKey, type Refusal } from './import-line.ts'
import { MESSAGE, readLobsterRow, type LobsterRow } from './lobster-row.ts'
import type { WallClock } from './new-york.ts'

export interface LobsterMarket {
  readonly owner: string
  readonly instrument: string
  readonly clock: WallClock
}

/** In the bulk form. */
export interface LobsterCommand {
  readonly command: 'SubmitTrade' | 'ReduceTrade' | 'CancelTrade' | 'RecordExecution'
  readonly entityId: string
  readonly data: Readonly<Record<string, string>>
  readonly commandId: string
  readonly expectedVersion: number
  readonly effectiveAt: Instant
}

/** The orders that were there before the first row: the shares that the file's rows take from each. */
export type Openings = ReadonlyMap<string, bigint>

/** The first pass: collects the orders that are first seen without a submission. `see` takes every row, `openings` is whole after the last. */
export function openingsOf(clock: WallClock): { readonly see: (text: string) => void; readonly openings: Openings } {
  const submitted = new Set<string>()
  const openings = new Map<string, bigint>()
  return {
    openings,
    see(text) {
      const row = readLobsterRow(text, clock)
      if ('refused' in row || row.type === MESSAGE.hiddenExecution || submitted.has(row.orderId)) return
      if (row.type === MESSAGE.submission && !openings.has(row.orderId)) submitted.add(row.orderId)
      else if (row.type !== MESSAGE.submission) openings.set(row.orderId, (openings.get(row.orderId) ?? 0n) + row.size)
    },
  }
}

/** An order as the rows so far have left it. */
interface Order {
  readonly version: number
  readonly side: 'buy' | 'sell'
  /** 0: filled or cancelled. */
  readonly remaining: bigint
}

/** Makes a row's commands; they are one unit. `key` is that of its first command. */
export type Translate = (line: number, text: string, key: string) => readonly LobsterCommand[] | Refusal

const CURRENCY = 'USD'
const NO_ORDER_ID = '0'

export function lobsterTranslator({ owner, instrument, clock }: LobsterMarket, openings: Openings): Translate {
  const orders = new Map<string, Order>()

  const submit = (local: string, row: LobsterRow, quantity: bigint, place: Place): LobsterCommand => ({
    command: 'SubmitTrade',
    entityId: `trade:${owner}:${local}`,
    data: { instrument, side: row.side, quantity: String(quantity), price: row.price, currency: CURRENCY },
    expectedVersion: 0,
    ...place,
  })

  const change = (local: string, what: Change, version: number, place: Place): LobsterCommand => ({
    entityId: `trade:${owner}:${local}`,
    ...what,
    expectedVersion: version,
    ...place,
  })

  return (line, text, key) => {
    const row = readLobsterRow(text, clock)
    if ('refused' in row) return row
    const { effectiveAt } = row
    const first: Place = { commandId: key, effectiveAt }
    const second: Place = { commandId: commandKey(key, 1), effectiveAt }

    if (row.type === MESSAGE.hiddenExecution) {
      const local = `hidden-${line}`
      return [submit(local, row, row.size, first), change(local, execution(row, line), 1, second)]
    }
    const { orderId } = row
    const before = orders.get(orderId)
    if (row.type === MESSAGE.submission) {
      if (before || orderId === NO_ORDER_ID) return { refused: before ? `order ${orderId} is there already` : 'an order has no id 0' }
      orders.set(orderId, { version: 1, side: row.side, remaining: row.size })
      return [submit(orderId, row, row.size, first)]
    }
    const opening = openings.get(orderId) ?? row.size
    const order = before ?? { version: 1, side: row.side, remaining: opening }
    const refused = refusal(row, order)
    if (refused !== undefined) return { refused }
    orders.set(orderId, { ...order, version: order.version + 1, remaining: order.remaining - row.size })
    const what = changeOf(row, line)
    return before
      ? [change(orderId, what, order.version, first)]
      : [submit(orderId, row, opening, first), change(orderId, what, order.version, second)]
  }
}

type Place = Pick<LobsterCommand, 'commandId' | 'effectiveAt'>
type Change = Pick<LobsterCommand, 'command' | 'data'>

const execution = ({ size, price }: LobsterRow, line: number): Change => ({
  command: 'RecordExecution',
  data: { executionId: `row-${line}`, quantity: String(size), price },
})

function changeOf(row: LobsterRow, line: number): Change {
  switch (row.type) {
    case MESSAGE.reduction:
      return { command: 'ReduceTrade', data: { quantity: String(row.size) } } // all that remains: the ledger cancels the trade
    case MESSAGE.deletion:
      return { command: 'CancelTrade', data: {} }
    default:
      return execution(row, line)
  }
}

function refusal({ orderId, side, size, type }: LobsterRow, order: Order): string | undefined {
  if (orderId === NO_ORDER_ID) return 'an order has no id 0'
  if (side !== order.side) return `order ${orderId} is a ${order.side}, not a ${side}`
  if (order.remaining === 0n) return `order ${orderId} is filled or cancelled already`
  if (size > order.remaining) return `${size} is more than the ${order.remaining} that remain of order ${orderId}`
  if (type === MESSAGE.deletion && size !== order.remaining) return `${order.remaining} remain of order ${orderId}, not ${size}`
  return undefined
}
