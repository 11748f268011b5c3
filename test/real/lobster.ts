// The first messages of AAPL's day as a file of their own to import, and what they come to, counted message by message: nothing here knows of trades.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importLobster } from '../../bin/import/lobster-file.ts'
import type { ImportResult } from '../../bin/import/run.ts'
import type { Ledger } from '../../ledger/index.ts'
import { sharedData } from '../shared-data.ts'

export const lobster = sharedData('lobster-aapl')

export interface Message {
  readonly type: 'submission' | 'reduction' | 'deletion' | 'execution' | 'hidden'
  readonly orderId: string
  readonly size: number
  /** In ten thousandths of a dollar. */
  readonly price: number
  /** Of the order that rests. */
  readonly side: 'buy' | 'sell'
}

export interface LobsterPart {
  readonly messages: readonly Message[]
  readonly bringIn: (ledger: Ledger) => Promise<ImportResult>
}

export async function lobsterPart(folder: string, count: number): Promise<LobsterPart> {
  const lines = lobster.text('message.csv.gz').trimEnd().split('\n').slice(0, count)
  const file = join(folder, 'lobster.csv')
  await writeFile(file, lines.map((line) => `${line}\n`).join(''), 'latin1')
  return {
    messages: lines.map(messageOf),
    bringIn: (ledger) => importLobster(ledger, file, { instrument: 'AAPL', date: '2012-06-21' }),
  }
}

const TYPES: Readonly<Record<string, Message['type']>> = { 1: 'submission', 2: 'reduction', 3: 'deletion', 4: 'execution', 5: 'hidden' }

function messageOf(line: string): Message {
  const [, type = '', orderId = '', size, price, direction] = line.trim().split(',')
  const known = TYPES[type]
  if (!known) throw new TypeError(`a message of type ${type}`)
  return { type: known, orderId, size: Number(size), price: Number(price), side: Number(direction) === 1 ? 'buy' : 'sell' }
}

const shares = (some: readonly Message[]): number => some.reduce((sum, { size }) => sum + size, 0)
const notional = (some: readonly Message[]): number => some.reduce((sum, { size, price }) => sum + size * price, 0)

/** By the names of the reference. An order that was there before is taken to have had what its messages take from it. */
export function lobsterFigures(messages: readonly Message[]) {
  const visible = messages.filter(({ type }) => type === 'execution')
  const hidden = messages.filter(({ type }) => type === 'hidden')
  const executed = [...visible, ...hidden]
  const live = liveOrders(messages)
  const liveOn = (side: Message['side']) => live.filter((order) => order.side === side)
  return {
    visible_executions: visible.length,
    visible_executed_shares: shares(visible),
    visible_executed_notional_usd_x10000: notional(visible),
    hidden_executions: hidden.length,
    hidden_executed_shares: shares(hidden),
    hidden_executed_notional_usd_x10000: notional(hidden),
    total_executed_shares: shares(executed),
    total_notional_usd_x10000: notional(executed),
    executed_shares_where_resting_side_buy: shares(executed.filter(({ side }) => side === 'buy')),
    executed_shares_where_resting_side_sell: shares(executed.filter(({ side }) => side === 'sell')),
    orders_still_live_at_end: live.length,
    live_shares_at_end: shares(live),
    live_buy_orders_at_end: liveOn('buy').length,
    live_sell_orders_at_end: liveOn('sell').length,
  }
}

/** Of every order that was executed, hidden ones not among them. */
export function executedByOrder(messages: readonly Message[]): ReadonlyMap<string, number> {
  const executed = new Map<string, number>()
  for (const { type, orderId, size } of messages) if (type === 'execution') executed.set(orderId, (executed.get(orderId) ?? 0) + size)
  return executed
}

/** The same, as the reference has it for the whole file. */
export function executedInReference(): ReadonlyMap<string, number> {
  const [header = '', ...lines] = lobster.text('orders_reference.csv.gz').trimEnd().split(/\r?\n/)
  const place = header.split(',').indexOf('executed')
  const orders = lines.map((line) => line.split(',')).map((fields): [string, number] => [fields[0] ?? '', Number(fields[place])])
  return new Map(orders.filter(([, executed]) => executed > 0))
}

/** Of each the submission, with what is left of its size. */
function liveOrders(messages: readonly Message[]): readonly Message[] {
  const live = new Map<string, Message>()
  for (const message of messages) {
    const { type, orderId, size } = message
    const order = live.get(orderId)
    if (type === 'submission') live.set(orderId, message)
    else if (order && order.size > size) live.set(orderId, { ...order, size: order.size - size })
    else live.delete(orderId)
  }
  return [...live.values()]
}
