// A step: what brings a ledger from one schema version to the next while servers work on it. docs/guides/upgrade.md says how one is written.

/** A transaction. It waits for locks a moment only and is tried again, so nobody queues behind it for long; it may replace the functions that strata_append owns. */
export interface TransactionPart {
  readonly sql: string
}

/** An index that is built beside the work: no transaction, no lock that stops a writer. What an interrupted attempt left is dropped first. */
export interface IndexPart {
  /** Its name, in the schema `ledger`. */
  readonly index: string
  /** `create index concurrently …` */
  readonly sql: string
}

export type Part = TransactionPart | IndexPart

export interface Step {
  /** The schema version that it makes, from the one before. */
  readonly version: number
  readonly name: string
  /** The oldest schema version whose programs work while and after it is applied. The version before: servers go on. Its own version: they have to be stopped. */
  readonly oldestProgram: number
  /** In order. None: the step says that the SQL of a kind has changed, which is applied after all steps. */
  readonly parts: readonly Part[]
}

export const isIndex = (part: Part): part is IndexPart => 'index' in part
