// The events: a trade is submitted, then its price is amended again and again. All stores are given the same.
import type { JsonObject } from '../../ledger/json.ts'
import { OWNERS } from '../commands.ts'
import type { Stream } from './store.ts'

const TERMS = { instrument: 'AAPL', side: 'buy', quantity: '100', price: '187.25', currency: 'USD', strategy: 'momentum', broker: 'XNAS' }

export interface TradeEvent {
  readonly type: 'TradeSubmitted' | 'TradeAmended'
  readonly data: JsonObject
}

/** The event that comes after so many. */
export const eventAfter = (count: number): TradeEvent =>
  count === 0 ? { type: 'TradeSubmitted', data: TERMS } : { type: 'TradeAmended', data: { price: `${187 + count}.5` } }

/** The state of a trade, for stores that leave it to the application to fold its events. */
export interface Trade {
  readonly version: number
  readonly terms: JsonObject
}

export const noTrade: Trade = { version: 0, terms: {} }
export const evolve = ({ version, terms }: Trade, data: JsonObject): Trade => ({ version: version + 1, terms: { ...terms, ...data } })

export const streamOf = (run: string, n: number): Stream => ({ owner: n % OWNERS, id: `${run}n${n}` })
