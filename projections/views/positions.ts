// What an owner has, and what was earned: per owner, instrument and currency, from the executions that stand. Quantities and costs are exact sums, so a bust takes out exactly what its execution
// put in, whenever it comes; only what is shown is divided, once, to 18 decimals, half even. Cost is by the average method over all that was bought and all that was sold: what was both bought
// and sold has earned the difference of the two averages (realised), and the rest is held at the average of its own side.
import { z } from 'zod'
import { add, compare, decimalSchema, divide, isZero, product, subtract, type Decimal } from '../../ledger/decimal.ts'
import type { Execution } from '../../ledger/entities/trade.ts'
import { defineProjection, type RecordOf } from '../projection.ts'
import { changedExecution } from './changed-execution.ts'
import { documentKey, ownerOfKey } from './document-key.ts'
import { sumDecimal } from './sum.ts'

interface Side {
  readonly quantity: Decimal
  /** Quantity times price, summed: all of the digits. */
  readonly amount: Decimal
}

export interface Position {
  readonly owner: string
  readonly instrument: string
  readonly currency: string
  readonly bought: Side
  readonly sold: Side
  readonly commission: Decimal
  /** Executions that stand. */
  readonly executions: number
}

const NOTHING: Side = { quantity: '0', amount: '0' }

/** What the version does to the position: an execution that now stands is put in, one that no longer does is taken out. */
function changed(record: RecordOf<'trade'>): { readonly by: typeof add; readonly of: Execution; readonly count: 1 | -1 } | undefined {
  const found = changedExecution(record)
  if (!found || (found.of.busted && !found.isBust)) return undefined
  return found.isBust ? { by: subtract, of: found.of, count: -1 } : { by: add, of: found.of, count: 1 }
}

export const positions = defineProjection<'trade', Position>({
  name: 'positions',
  version: 1,
  summary: 'Net quantity, average cost and realised profit, from the executions that stand, per owner, instrument and currency',
  kinds: ['trade'],
  key: (record) => (changed(record) ? documentKey(record.state.owner, record.state.instrument, record.state.currency) : undefined),
  apply(document, record) {
    const { owner, instrument, currency, side } = record.state
    const position = document ?? { owner, instrument, currency, bought: NOTHING, sold: NOTHING, commission: '0', executions: 0 }
    const found = changed(record)
    if (!found) return position
    const { by, of, count } = found
    const executions = position.executions + count
    if (executions === 0) return null
    const name = side === 'buy' ? 'bought' : 'sold'
    return {
      ...position,
      [name]: {
        quantity: by(position[name].quantity, of.quantity),
        amount: by(position[name].amount, product(of.quantity, of.price)),
      },
      commission: by(position.commission, of.commission ?? '0'),
      executions,
    }
  },
  show: (position) => ({
    owner: position.owner,
    instrument: position.instrument,
    currency: position.currency,
    netQuantity: netQuantity(position),
    ...averageCost(position),
    realisedPnl: realisedPnl(position),
    boughtQuantity: position.bought.quantity,
    boughtAmount: position.bought.amount,
    soldQuantity: position.sold.quantity,
    soldAmount: position.sold.amount,
    commission: position.commission,
    executions: position.executions,
  }),
  parameter: {
    name: 'mark',
    description:
      'A price of the instrument, in the currency of each position: says what would be earned if what is held were closed at it.',
    schema: decimalSchema,
    needs: 'instrument',
    show: (position, mark) => ({ mark, unrealisedPnl: unrealisedPnl(position, mark) }),
  },
  shown: z.object({
    owner: z.string(),
    instrument: z.string(),
    currency: z.string(),
    netQuantity: sumDecimal,
    averageCost: sumDecimal.optional(),
    realisedPnl: sumDecimal,
    boughtQuantity: sumDecimal,
    boughtAmount: sumDecimal,
    soldQuantity: sumDecimal,
    soldAmount: sumDecimal,
    commission: sumDecimal,
    executions: z.int(),
    mark: sumDecimal.optional(),
    unrealisedPnl: sumDecimal.optional(),
  }),
  filters: ['owner', 'instrument'],
  spreadBy: { member: 'owner', of: ownerOfKey },
  // Sums have as many digits as they have.
  columns: { owner: 'text', instrument: 'text', currency: 'text', bought: 'json', sold: 'json', commission: 'text', executions: 'integer' },
  clusterBy: ['owner'],
})

export const netQuantity = ({ bought, sold }: Position): Decimal => subtract(bought.quantity, sold.quantity)

/** The side that is open. */
const openSide = (position: Position): Side | undefined => {
  const net = netQuantity(position)
  return isZero(net) ? undefined : compare(net, '0') > 0 ? position.bought : position.sold
}

/** Of what is held, bought or sold short; none where nothing is. */
export function averageCost(position: Position): { readonly averageCost?: Decimal } {
  const side = openSide(position)
  return side ? { averageCost: divide(side.amount, side.quantity) } : {}
}

/** What is both bought and sold, times the difference of the average prices: (sold amount x bought quantity - bought amount x sold quantity) / the larger quantity. Commission is apart. */
export function realisedPnl({ bought, sold }: Position): Decimal {
  const larger = compare(bought.quantity, sold.quantity) > 0 ? bought.quantity : sold.quantity
  if (isZero(bought.quantity) || isZero(sold.quantity)) return '0'
  return divide(subtract(product(sold.amount, bought.quantity), product(bought.amount, sold.quantity)), larger)
}

/** What is held would earn this if it were closed at `mark`: net quantity x mark, less what it cost. */
export function unrealisedPnl(position: Position, mark: Decimal): Decimal {
  const side = openSide(position)
  if (!side) return '0'
  const net = netQuantity(position)
  return divide(subtract(product(product(net, mark), side.quantity), product(net, side.amount)), side.quantity)
}
