// The words that the page's modules share. Types only: nothing of this is sent to a browser.
import type { JsonObject, JsonValue } from '../../../ledger/json.ts'
import type { CurrentRecord } from '../../../ledger/record.ts'
import type { ProjectionStatus } from '../../../projections/serving/projection-status.ts'
import type { Change } from '../../diff.ts'
import type { Asked } from '../../show.ts'
import type { ConsoleKind } from '../kinds.ts'
import type { Drawing } from './parts/chart.js'
import type { Column } from './parts/table.js'

export type { Change, ConsoleKind, JsonObject, JsonValue, ProjectionStatus }

/** A projection on one sink. */
export type ProjectionRun = ProjectionStatus['sinks'][number]

export type DeadLetter = ProjectionRun['deadLetters'][number]

/** A version record as the API answers it. */
export type VersionRecord = Omit<CurrentRecord, 'latest'> & { readonly latest?: boolean; readonly asked?: Asked }

/** Where the address bar points to: `#/entity/trade:alice:T-1?version=3`. */
export interface Route {
  readonly page: string
  readonly id: string
  readonly query: Query
}

export type Query = Readonly<Record<string, string>>

/** What a page gets to work with. */
export interface Context {
  /** Aborted when the page is left. */
  readonly signal: AbortSignal
  readonly kinds: readonly ConsoleKind[]
}

export interface Page {
  /** In the address. */
  readonly name: string
  /** In the navigation; without one it is reached by links only, */
  readonly label?: string
  /** and belongs to this page. */
  readonly under?: string
  /** Fills the place. What it answers is called instead when only the query changes. */
  readonly open: (place: HTMLElement, route: Route, context: Context) => void | ((route: Route) => void)
}

/** Of the theme, as a canvas takes them. */
export interface Colours {
  readonly first: string
  readonly second: string
  readonly text: string
  readonly line: string
  readonly surface: string
}

/** A row of a named query's answer: figures are texts, as exact as they are. */
export type Row = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** What a named query answers. */
export interface Rows {
  readonly data: readonly Row[]
  readonly hasMore: boolean
}

/** Some figures, drawn, and in a table. */
export interface Figure {
  readonly title: string
  /** In a sentence, what there is to see. */
  readonly summary: string
  readonly charts: readonly { readonly label: string; readonly drawing: Drawing }[]
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
}

/** A picture of what named queries answer. */
export interface Picture {
  /** In the address. */
  readonly name: string
  readonly label: string
  readonly title: string
  readonly explained: string
  /** Whose versions the way through time passes; without it, those of all kinds. */
  readonly kind?: string
  readonly filters: readonly Filter[]
  /** The filter without which there is nothing to see. */
  readonly needs?: string
  /** The names of queries, each with what it is asked. */
  readonly questions: (query: Query) => readonly (readonly [name: string, given: Readonly<Record<string, string | undefined>>])[]
  /** Out of the answers, in the same order. None: there is nothing. */
  readonly figures: (answers: readonly Rows[], query: Query) => readonly Figure[]
}

export interface Filter {
  readonly name: string
  readonly label: string
  readonly isTime?: boolean
  /** To choose from; */
  readonly values?: readonly string[]
  /** where none is chosen. */
  readonly otherwise?: string
}
