// A named query: a question to the analytics, with parameters, in the SQL that every analytic sink takes; and what its rows are shown as. Pure. SQL only counts, compares and sums exact decimals;
// whatever is divided or rooted is so here, in exact decimals, to 18 of them, half even: so all sinks give the same answer, to the last one.
import canonicalize from 'canonicalize'
import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../ledger/json.ts'
import { limitSchema } from '../../ledger/request.ts'
import type { ColumnType } from '../projection.ts'
import { isReserved } from '../reserved-words.ts'
import type { Select, SelectedRow } from '../sinks/sink.ts'

type Value<Type extends ColumnType> = Type extends 'integer'
  ? number
  : Type extends 'boolean'
    ? boolean
    : Type extends 'json'
      ? JsonValue
      : string

type SelectedColumns = Readonly<Record<string, ColumnType>>
/** What is null is not in it: the definition knows which columns can be. */
export type RowOf<Columns extends SelectedColumns> = { readonly [Name in keyof Columns]: Value<Columns[Name]> }

export type GivenTo<Parameters extends z.ZodRawShape> = z.output<z.ZodObject<Parameters>> & { readonly limit: number }

/** Rows as they are shown. */
export interface Answer {
  readonly data: readonly object[]
  /** Whether there is more after these. */
  readonly hasMore: boolean
  readonly total?: object
}

export interface QueryDefinition<Parameters extends z.ZodRawShape, Columns extends SelectedColumns> {
  /** `[a-z][a-z_]*` */
  readonly name: string
  readonly summary: string
  /** Each with a description. Who may ask is told by `owner`. */
  readonly parameters: Parameters
  readonly columns: Columns
  readonly orderBy: string
  readonly sql: (given: GivenTo<Parameters>) => Sql
  /** How many rows are looked up; default: one more than are shown. */
  readonly rows?: (given: GivenTo<Parameters>) => number
  /** A row as it is shown; default: as it is. */
  readonly show?: (row: RowOf<Columns>, given: GivenTo<Parameters>) => object
  /** Over all rows that were looked up; undefined: none. */
  readonly total?: {
    readonly of: (rows: readonly RowOf<Columns>[], given: GivenTo<Parameters>) => object | undefined
    readonly shown: z.ZodType
  }
  /** The shape of a row as it is shown. */
  readonly shown: z.ZodType
}

/** SQL, and the values of its `?`. */
export interface Sql {
  readonly text: string
  readonly values: Select['values']
}

/** What any query was given, once it is checked. */
export interface Given {
  readonly owner?: string
  readonly limit: number
}

/** A query whose own types are no longer known. */
export interface Query {
  readonly name: string
  readonly summary: string
  /** Checks what was given as text: its output is Given. */
  readonly parameters: z.ZodType<Given> & { readonly shape: z.ZodRawShape }
  readonly select: (given: Given) => Select
  readonly answer: (rows: readonly SelectedRow[], given: Given) => Answer
  readonly shown: z.ZodType
  readonly total: z.ZodType | undefined
}

export function defineQuery<Parameters extends z.ZodRawShape, const Columns extends SelectedColumns>(
  definition: QueryDefinition<Parameters, Columns>,
): Query {
  const { name, summary, columns, orderBy, sql, shown, total } = definition
  const { rows = ({ limit }) => limit + 1, show = (row) => row } = definition
  const reserved = Object.keys(columns).find(isReserved)
  if (reserved !== undefined)
    throw new TypeError(`${name} gives a column ${reserved}, a word that SQL has for itself: call it something else`)
  const query = {
    name,
    summary,
    parameters: z.strictObject({ ...definition.parameters, limit: limitSchema }),
    select: (given: GivenTo<Parameters>): Select => ({ ...sql(given), columns, orderBy, limit: rows(given) }),
    answer(found: readonly SelectedRow[], given: GivenTo<Parameters>): Answer {
      const all = found.map((row) => inOrder(columns, row))
      const sum = total?.of(all, given)
      return {
        data: all.slice(0, given.limit).map((row) => show(row, given)),
        hasMore: all.length > given.limit,
        ...(sum && { total: sum }),
      }
    },
    shown,
    total: total?.shown,
  }
  return query as unknown as Query
}

/** Members in the order of the columns, and within JSON in that of their names, whichever sink they come from. */
const inOrder = <Columns extends SelectedColumns>(columns: Columns, row: JsonObject): RowOf<Columns> =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([name, type]) => {
      const value = row[name]
      return value === undefined ? [] : [[name, type === 'json' ? canonical(value) : value]]
    }),
  ) as unknown as RowOf<Columns>

const canonical = (value: JsonValue): JsonValue => JSON.parse(canonicalize(value) ?? 'null') as JsonValue
