// The Sharpe ratio of daily profit and loss, annualised: mean / standard deviation of a sample x the root of 252, without a risk-free rate. One division and one root, of exact sums.
import { divide, MAX_DECIMALS, negate, squareRoot, type Decimal } from '../../ledger/decimal.ts'

/** Trading days of a year, as is usual. */
const YEAR_DAYS = 252n

/** Undefined: fewer than two days, or all of them alike. In whole units of the last decimal: a hundred groups of a year of days each are summed while others wait. */
export function sharpeRatio(days: readonly Decimal[]): Decimal | undefined {
  const count = BigInt(days.length)
  let sum = 0n
  let squares = 0n
  for (const day of days) {
    const units = unitsOf(day)
    sum += units
    squares += units * units
  }
  // The sample's variance, count x (count - 1) times.
  const spread = count * squares - sum * sum
  if (count < 2n || spread === 0n) return undefined
  const size = squareRoot(divide(String(YEAR_DAYS * sum * sum * (count - 1n)), String(count * spread)))
  return sum < 0n ? negate(size) : size
}

function unitsOf(decimal: Decimal): bigint {
  const [whole = '', fraction = ''] = decimal.split('.')
  return BigInt(whole + fraction.padEnd(MAX_DECIMALS, '0'))
}
