// A month of dana's desk, the same every time: what pictures are drawn of. At its end a price was wrong, which was seen, and taken back; and a trade for who reads a single figure.

export interface DeskCommand {
  readonly command: string
  readonly entityId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly effectiveAt: string
}

const START = Date.parse('2026-02-02T00:00:00Z')
const DAY_MS = 86_400_000
const DAYS = 30
const CHANCES_A_TRADE = 8
const VENUES = ['XNAS', 'ARCX', 'BATS', 'XLON'] as const
const PRICES = { AAPL: 185, MSFT: 410, VOD: 72 } as const

/** Numbers that look like chance, from 0 up to 1. */
function chance(): () => number {
  let state = 11
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function trading(): readonly DeskCommand[] {
  const next = chance()
  const prices: Record<string, number> = { ...PRICES }
  return Array.from({ length: DAYS }).flatMap((_, day) =>
    Object.keys(PRICES).flatMap((instrument, n): readonly DeskCommand[] => {
      const at = (hour: number) => new Date(START + day * DAY_MS + hour * 3_600_000).toISOString()
      const price = (prices[instrument] = (prices[instrument] ?? 1) * (0.985 + next() * 0.031))
      const expected = price.toFixed(2)
      const entityId = `trade:dana:D-${day}-${n}`
      // More is bought at first, and more is sold later on.
      const side = next() < 0.8 - day / 50 ? 'buy' : 'sell'
      const order = { instrument, side, quantity: '100', currency: 'USD', strategy: n === 0 ? 'momentum' : 'mean reversion' }
      const worse = (side === 'buy' ? 1 : -1) * (next() - 0.3) * 0.0008
      const fill = (e: number, quantity: number): DeskCommand => ({
        command: 'RecordExecution',
        entityId,
        data: {
          executionId: `E-${e}`,
          quantity: String(quantity),
          price: (price * (1 + worse)).toFixed(4),
          commission: '0.35',
          venue: VENUES[Math.floor(next() * VENUES.length)],
          expectedPrice: expected,
          latencyMs: Math.round(5 + next() * 60),
        },
        effectiveAt: at(14.5 + e * 2),
      })
      return [
        { command: 'SubmitTrade', entityId, data: order, effectiveAt: at(14) },
        fill(1, 10 + Math.floor(next() * 30)),
        fill(2, 5 + Math.floor(next() * 20)),
      ]
    }),
  )
}

/** A day's bar of each, from the opening to the next one's. */
function bars(): readonly DeskCommand[] {
  const next = chance()
  const prices: Record<string, number> = { ...PRICES }
  return Array.from({ length: DAYS }).flatMap((_, day) =>
    Object.keys(PRICES).map((instrument): DeskCommand => {
      const open = prices[instrument] ?? 1
      const close = (prices[instrument] = open * (0.985 + next() * 0.031))
      // As many as trading takes for a day of an instrument.
      for (let n = 0; n < CHANCES_A_TRADE; n++) next()
      const [high, low] = [Math.max(open, close) * 1.006, Math.min(open, close) * 0.995]
      const barOf = (days: number) => `bar:${instrument}:${new Date(START + days * DAY_MS).toISOString().slice(0, 10)}`
      const figures = { open: open.toFixed(2), high: high.toFixed(2), low: low.toFixed(2), close: close.toFixed(2), volume: '1000' }
      return {
        command: 'RecordBar',
        entityId: barOf(day),
        data: { ...figures, previousBarId: day === 0 ? null : barOf(day - 1), calendar: 'every-day' },
        effectiveAt: new Date(START + (day + 1) * DAY_MS).toISOString(),
      }
    }),
  )
}

const at =
  (effectiveAt: string) =>
  (command: string, entityId: string, data: DeskCommand['data'] = {}): DeskCommand => ({ command, entityId, data, effectiveAt })

const ticketing: readonly DeskCommand[] = Array.from({ length: 12 }).flatMap((_, n) => {
  const entityId = `ticket:dana:${n}`
  const hour = (hours: number) => at(new Date(START + n * DAY_MS + hours * 3_600_000).toISOString())
  return [
    hour(8)('OpenTicket', entityId, { subject: `Fill ${n} looks off`, priority: n % 3 === 0 ? 'high' : 'low' }),
    hour(9 + n)('EditTicket', entityId, { status: 'in review' }),
    ...(n % 2 === 0 ? [hour(10 + n * 3)('CloseTicket', entityId, { resolution: 'explained' })] : []),
  ]
})

const order = (side: 'buy' | 'sell') => ({ instrument: 'NVDA', side, quantity: '10', currency: 'USD', strategy: 'by hand' })
const fill = (price: string) => ({ executionId: 'E-1', quantity: '10', price, commission: '1', venue: 'XNAS' })

/** The sale was recorded at ten times its price. */
const wrong: readonly DeskCommand[] = [
  at('2026-03-10T14:00:00Z')('SubmitTrade', 'trade:erin:T-1', order('buy')),
  at('2026-03-10T14:01:00Z')('RecordExecution', 'trade:erin:T-1', fill('120.1')),
  at('2026-03-11T14:00:00Z')('SubmitTrade', 'trade:erin:T-2', order('sell')),
  at('2026-03-11T14:01:00Z')('RecordExecution', 'trade:erin:T-2', fill('1240.000000000000000001')),
]

export const deskCommands: readonly DeskCommand[] = [...trading(), ...bars(), ...ticketing, ...wrong]
