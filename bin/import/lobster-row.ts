// One row of a LOBSTER message file, read: `34200.004241176,1,16113575,18,5853300,1`: seconds after midnight, type, order id, size, price x 10000, direction. Pure.

import type { Instant } from '../../ledger/instant.ts'
import type { Refusal } from './import-line.ts'
import type { WallClock } from './new-york.ts'

export const MESSAGE = { submission: 1, reduction: 2, deletion: 3, execution: 4, hiddenExecution: 5, cross: 6, halt: 7 } as const

export interface LobsterRow {
  readonly effectiveAt: Instant
  /** One of MESSAGE. */
  readonly type: number
  readonly orderId: string
  readonly size: bigint
  /** In dollars, exact. */
  readonly price: string
  /** Of the resting order, in an execution too. */
  readonly side: 'buy' | 'sell'
}

const FIELDS = 6
const WHOLE = /^\d{1,15}$/

export function readLobsterRow(text: string, clock: WallClock): LobsterRow | Refusal {
  const fields = text.split(',')
  if (fields.length !== FIELDS) return { refused: `a row has ${FIELDS} fields, this one ${fields.length}` }
  const [seconds = '', type = '', orderId = '', size = '', price = '', direction = ''] = fields
  if (!/^[1-7]$/.test(type)) return { refused: `there is no message type ${JSON.stringify(type)}` }
  if (Number(type) === MESSAGE.halt) return { refused: `a halt of trading (price ${price}) is no order` }
  if (Number(type) === MESSAGE.cross) return { refused: `a cross trade (${size} at ${price}) belongs to no order` }
  const effectiveAt = clock(seconds)
  if (effectiveAt === undefined) return { refused: `${JSON.stringify(seconds)} is no time of that day` }
  if (!WHOLE.test(orderId)) return { refused: `${JSON.stringify(orderId)} is no order id` }
  if (!WHOLE.test(size) || BigInt(size) === 0n) return { refused: `${JSON.stringify(size)} is no size` }
  if (!WHOLE.test(price)) return { refused: `${JSON.stringify(price)} is no price` }
  if (direction !== '1' && direction !== '-1') return { refused: `${JSON.stringify(direction)} is no direction` }
  return { effectiveAt, type: Number(type), orderId, size: BigInt(size), price: dollars(price), side: direction === '1' ? 'buy' : 'sell' }
}

const DECIMALS = 4

/** Ten thousandths of a dollar, in dollars: "5853300" is "585.33". */
export function dollars(tenThousandths: string): string {
  const digits = tenThousandths.padStart(DECIMALS + 1, '0')
  const whole = digits.slice(0, -DECIMALS).replace(/^0+(?=\d)/, '')
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
