// What queries should answer, by a slow look at the documents of the views: none of it is SQL.
import assert from 'node:assert/strict'
import { add, type Decimal } from '../../ledger/decimal.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import type { Projection } from '../projection.ts'
import type { AnalyticSink } from '../sinks/sink.ts'
import { keptAfter } from '../views/given.testing.ts'
import { answerOf } from './contract.testing.ts'
import { queries } from './index.ts'

export function desk(versions: readonly VersionRecord[], sink: () => AnalyticSink) {
  const byPartition = Map.groupBy(versions, ({ partition }) => partition)
  return {
    byPartition,
    answer: async (name: string, given: Readonly<Record<string, string>> = {}) => {
      const query = queries[name]
      assert.ok(query)
      const { data, ...rest } = await answerOf(sink(), query, given)
      return { data: data as readonly JsonObject[], ...rest }
    },
    /** The documents of a view, fed partition by partition. */
    kept: (view: Projection): readonly JsonObject[] =>
      [...byPartition.values()].flatMap((own) =>
        keptAfter(
          view,
          own.filter(({ kind }) => view.kinds.includes(kind)),
        ),
      ),
  }
}

export const text = (row: JsonObject, name: string): string => String(row[name] as string)
export const sum = (rows: readonly JsonObject[], name: string): Decimal =>
  rows.reduce((total, row) => add(total, (row[name] ?? '0') as Decimal), '0')

/** By these members, the greatest first; those without the member last. */
export const descending =
  (...names: readonly string[]) =>
  (a: JsonObject, b: JsonObject): number => {
    const name = names.find((one) => a[one] !== b[one])
    return name === undefined ? 0 : text(a, name) < text(b, name) ? 1 : -1
  }

/** Rows by what some of their members are. */
export const grouped = (rows: readonly JsonObject[], ...names: readonly string[]): readonly (readonly JsonObject[])[] => [
  ...Map.groupBy(rows, (row) => JSON.stringify(names.map((name) => row[name]))).values(),
]
