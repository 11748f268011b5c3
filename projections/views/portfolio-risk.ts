// What an owner stands to lose: over the trades that are open or partial, per owner and instrument, the net position (quantities bought less sold), the average entry price (plain: each trade
// counts the same), and the exposure, one times the other; and an owner's exposure, the sum of these. A trade's entry price is its averagePrice, else its price; one that has neither counts in the
// position only. Sums are kept, so that a version costs the same however many trades are open, and only what is shown is divided, once; what a trade has put into them is remembered, and taken out
// before it puts in anew.
import { z } from 'zod'
import { add, divide, negate, product, subtract, type Decimal } from '../../ledger/decimal.ts'
import type { TradeState } from '../../ledger/entities/trade.ts'
import { defineProjection, type Total } from '../projection.ts'
import { documentKey, ownerOfKey } from './document-key.ts'
import { sumOfFractions, type Fraction } from './fractions.ts'
import { sumDecimal } from './sum.ts'

interface Risk {
  readonly owner: string
  readonly instrument: string
  readonly netPosition: Decimal
  /** Trades that are open or partial. */
  readonly trades: number
  /** Of those, the ones that have an entry price, and the sum of these prices. */
  readonly priced: number
  readonly entryPrices: Decimal
}

interface Share {
  /** Below zero for a sale. */
  readonly quantity: Decimal
  readonly entryPrice?: Decimal
}

const nothing = (owner: string, instrument: string): Risk => ({
  owner,
  instrument,
  netPosition: '0',
  trades: 0,
  priced: 0,
  entryPrices: '0',
})

function shareOf({ status, side, quantity, price, averagePrice }: TradeState): Share | null {
  if (status !== 'open' && status !== 'partial') return null
  const entryPrice = averagePrice ?? price
  return { quantity: side === 'buy' ? quantity : negate(quantity), ...(entryPrice !== undefined && { entryPrice }) }
}

const withShare = (risk: Risk, { quantity, entryPrice }: Share): Risk => ({
  ...risk,
  netPosition: add(risk.netPosition, quantity),
  trades: risk.trades + 1,
  priced: risk.priced + (entryPrice === undefined ? 0 : 1),
  entryPrices: add(risk.entryPrices, entryPrice ?? '0'),
})

const withoutShare = (risk: Risk, { quantity, entryPrice }: Share): Risk => ({
  ...risk,
  netPosition: subtract(risk.netPosition, quantity),
  trades: risk.trades - 1,
  priced: risk.priced - (entryPrice === undefined ? 0 : 1),
  entryPrices: subtract(risk.entryPrices, entryPrice ?? '0'),
})

/** Net position times average entry price, not divided yet. None where no trade has a price. */
const exposures = ({ netPosition, priced, entryPrices }: Risk): readonly Fraction[] =>
  priced === 0 ? [] : [{ numerator: product(netPosition, entryPrices), denominator: priced }]

/** Over all risks of an owner. */
export const riskTotal: Total<Risk> = {
  of: (risks) => ({
    instruments: risks.length,
    trades: risks.reduce((sum, { trades }) => sum + trades, 0),
    exposure: sumOfFractions(risks.flatMap(exposures)),
  }),
  shown: z.object({ instruments: z.int(), trades: z.int(), exposure: sumDecimal }),
}

export const portfolioRisk = defineProjection<'trade', Risk, Share>({
  name: 'portfolio_risk',
  version: 1,
  summary: 'Net position, average entry price and exposure of the trades that are open or partial, per owner and instrument',
  kinds: ['trade'],
  key: ({ state: { owner, instrument } }) => documentKey(owner, instrument),
  remember: ({ state }) => shareOf(state),
  apply(document, { state }, before) {
    const share = shareOf(state)
    const without = before
      ? withoutShare(document ?? nothing(state.owner, state.instrument), before)
      : (document ?? nothing(state.owner, state.instrument))
    const risk = share ? withShare(without, share) : without
    return risk.trades === 0 ? null : risk
  },
  show(risk) {
    const { owner, instrument, netPosition, trades, priced, entryPrices } = risk
    if (priced === 0) return { owner, instrument, netPosition, trades }
    const averageEntryPrice = divide(entryPrices, String(priced))
    return { owner, instrument, netPosition, trades, averageEntryPrice, exposure: sumOfFractions(exposures(risk)) }
  },
  total: riskTotal,
  shown: z.object({
    owner: z.string(),
    instrument: z.string(),
    netPosition: sumDecimal,
    trades: z.int(),
    averageEntryPrice: sumDecimal.optional(),
    exposure: sumDecimal.optional(),
  }),
  filters: ['owner', 'instrument'],
  spreadBy: { member: 'owner', of: ownerOfKey },
  // Sums have as many digits as they have.
  columns: { owner: 'text', instrument: 'text', netPosition: 'text', trades: 'integer', priced: 'integer', entryPrices: 'text' },
  clusterBy: ['owner'],
})
