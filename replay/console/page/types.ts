// The words that the page's modules share. Types only: nothing of this is sent to a browser.
import type { JsonObject, JsonValue } from '../../../ledger/json.ts'
import type { CurrentRecord } from '../../../ledger/record.ts'
import type { ProjectionStatus } from '../../../projections/serving/projection-status.ts'
import type { Change } from '../../diff.ts'
import type { Asked } from '../../show.ts'
import type { ConsoleKind } from '../kinds.ts'

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
