// An order feed of the QuantCup contest into a ledger, with the library: each limit order becomes a trade of its trader, matched here by price, then time, and in one unit with what is executed
// of it and of the orders that it meets. Each cancel becomes a CancelTrade; most of them name orders that are gone or not yet there, and are refused one by one: they change nothing. Run it twice,
// or kill it and run it again: the ledger is the same.
//
//   STRATA_DATABASE_URL=postgres://… node examples/import-quantcup.ts feed.json.gz [--owner-prefix quantcup.]
//
// What makes that so: each command has a key (the row's number), so the ledger knows it again; and names the version of the trade that it expects: a cancel of an order that was not there yet
// expects none, so it is refused the second time as well, when the order is there.
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { type Command, openByEnvironment, submitUnits, type Unit } from './submit-units.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'owner-prefix': { type: 'string', default: '' } } })
const [file] = positionals
if (!file) throw new Error('usage: node examples/import-quantcup.ts feed.json.gz [--owner-prefix …]')

/** Side 0 bids, 1 asks. A price of 0 is a cancel, and the size then the order's number: orders count from 1. */
type Row = readonly [symbol: string, trader: string, side: 0 | 1, price: number, size: number]

const CURRENCY = 'USD'

interface Order {
  readonly number: number
  readonly entityId: string
  readonly side: 0 | 1
  readonly price: number
  remaining: number
  version: number
}

const bytes = await readFile(file)
const { rows } = JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as { readonly rows: readonly Row[] }
const isLimit = ([, , , price]: Row): boolean => price !== 0
/** Whose each order is: a cancel may come before its order, and from another trader. */
const traders = rows.filter(isLimit).map(([, trader]) => trader)
const tradeId = (trader: string, number: number): string => `trade:${values['owner-prefix']}${trader}:${number}`

/** Resting orders of each side, the best one first, the older one first of the same price. */
const book: readonly [Order[], Order[]] = [[], []]
const orders: Order[] = []

const isBetter = (side: 0 | 1, price: number, than: number): boolean => (side === 0 ? price > than : price < than)

function rest(order: Order): void {
  const side = book[order.side]
  const place = side.findIndex(({ price }) => isBetter(order.side, order.price, price))
  side.splice(place === -1 ? side.length : place, 0, order)
}

function take(order: Order): void {
  const side = book[order.side]
  const place = side.indexOf(order)
  if (place !== -1) side.splice(place, 1)
}

/** A change of an order at the version that it has; from then on it has one more. */
function change(order: Order, command: string, data: Command['data'], commandId: string): Command {
  return { command, entityId: order.entityId, data, commandId, expectedVersion: order.version++ }
}

/** The order, and what is executed of both sides, at the price of the one that was there first. */
function limit([instrument, trader, side, price, size]: Row, key: string): readonly Command[] {
  const number = orders.length + 1
  const order: Order = { number, entityId: tradeId(trader, number), side, price, remaining: size, version: 0 }
  orders.push(order)
  const data = { instrument, side: side === 0 ? 'buy' : 'sell', quantity: String(size), price: String(price), currency: CURRENCY }
  const commands = [change(order, 'SubmitTrade', data, key)]
  const others = book[side === 0 ? 1 : 0]
  for (let best = others[0]; best && order.remaining > 0 && !isBetter(side, best.price, price); best = others[0]) {
    const quantity = Math.min(order.remaining, best.remaining)
    const execution = { executionId: `${number}-${best.number}`, quantity: String(quantity), price: String(best.price) }
    for (const one of [order, best]) {
      one.remaining -= quantity
      commands.push(change(one, 'RecordExecution', execution, `${key}:${commands.length + 1}`))
    }
    if (best.remaining === 0) take(best)
  }
  if (order.remaining > 0) rest(order)
  return commands
}

function cancel([, trader, , , number]: Row, key: string): readonly Command[] {
  const order = orders[number - 1]
  const isLive = order !== undefined && order.remaining > 0
  const entityId = order?.entityId ?? tradeId(traders[number - 1] ?? trader, number)
  const command: Command = { command: 'CancelTrade', entityId, data: {}, commandId: key, expectedVersion: order?.version ?? 0 }
  if (!isLive) return [command] // the ledger will refuse it
  take(order)
  order.remaining = 0
  order.version++
  return [command]
}

function* units(): Generator<Unit> {
  for (const [n, row] of rows.entries()) {
    const key = `quantcup:${n + 1}`
    yield { line: n + 1, commands: isLimit(row) ? limit(row, key) : cancel(row, key) }
  }
}

await using ledger = await openByEnvironment()
console.log(JSON.stringify(await submitUnits(ledger, 'import-quantcup', units())))
