// Promises: an answer as a table for people: a column per member that occurs, numbers to the right; and a line with the total, where there is one.

import { keptShape } from '../ledger/description/json-schema.ts'
import type { Answer, Query } from '../projections/queries/query.ts'
import { aligned, shown } from './output.ts'

const NUMBER = /^-?\d+(\.\d+)?$/

export function answerTable({ shown: shape }: Pick<Query, 'shown'>, { data, total }: Answer): readonly string[] {
  const rows = data as readonly Readonly<Record<string, unknown>>[]
  const members = Object.keys((keptShape(shape)['properties'] as object | undefined) ?? {}).filter((name) =>
    rows.some((row) => row[name] !== undefined),
  )
  const cells = rows.map((row) => members.map((name) => (row[name] === undefined ? '' : shown(row[name]))))
  const right = new Set(members.keys().filter((n) => cells.every((row) => row[n] === '' || NUMBER.test(row[n] ?? ''))))
  const table = rows.length === 0 ? ['no rows'] : aligned([members.map(heading), ...cells], right)
  return total
    ? [
        ...table,
        `TOTAL  ${Object.entries(total)
          .map(([name, value]) => `${heading(name)} ${shown(value)}`)
          .join('  ')}`,
      ]
    : table
}

/** averagePnl: AVERAGE PNL */
const heading = (member: string): string => member.replaceAll(/[A-Z]/g, ' $&').toUpperCase()
