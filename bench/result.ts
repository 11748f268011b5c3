// What a measurement comes to: one line of the table, one member of `--json`'s results.
import { median, ratioInTurns } from './statistics.ts'

export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What it was measured against, in the same run. */
  readonly against: number | null
  readonly ratio: number | null
  readonly goal: string | null
  readonly holds: boolean | null
}

/** A ratio that has a goal: machines differ and are never quiet, a ratio within one run says something anywhere. */
export interface Goal {
  readonly atLeast?: number
  readonly atMost?: number
}

const meets = (value: number, { atLeast = -Infinity, atMost = Infinity }: Goal): boolean => value >= atLeast && value <= atMost
const textOf = (what: string, { atLeast, atMost }: Goal): string =>
  [...(atLeast === undefined ? [] : [`${what} >= ${atLeast}`]), ...(atMost === undefined ? [] : [`${what} <= ${atMost}`])].join(', ')

/** A figure against another one of the same run. */
export function compared(name: string, unit: string, value: number, against: number, goal?: Goal, ratio = value / against): Result {
  return { name, value, unit, against, ratio, goal: goal ? textOf('ratio', goal) : null, holds: goal ? meets(ratio, goal) : null }
}

/** Two sides that took turns, a value for each round. */
export const inTurns = (name: string, unit: string, own: readonly number[], other: readonly number[], goal?: Goal): Result =>
  compared(name, unit, median(own), median(other), goal, ratioInTurns(own, other))

/** A figure that stands alone. */
export function figure(name: string, unit: string, value: number, goal?: Goal): Result {
  return {
    name,
    value,
    unit,
    against: null,
    ratio: null,
    goal: goal ? textOf('value', goal) : null,
    holds: goal ? meets(value, goal) : null,
  }
}

const round = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
const cells = ({ name, value, unit, against, ratio, goal, holds }: Result): readonly string[] => [
  name,
  `${round(value)} ${unit}`,
  against === null ? '' : `${round(against)} ${unit}`,
  ratio === null ? '' : ratio.toFixed(2),
  goal ?? '',
  holds === null ? '' : holds ? 'holds' : 'FAILS',
]

/** For people. */
export function table(results: readonly Result[]): string {
  const rows = [['bench', 'value', 'against', 'ratio', 'goal', ''], ...results.map(cells)]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
