// What verify finds: a place in the ledger where it is not as it must be.

/** Each check by its name. */
export type Check =
  /** An index that keeps a promise (one version, one position, one latest, one command) is missing. */
  | 'index'
  /** A row stands in another partition than its owner's, or in one that this ledger does not have. */
  | 'partition'
  /** An entity's id is malformed, or its kind is unknown or not that of its id. */
  | 'kind'
  /** Versions of an entity are not 1, 2, 3 …, each once. */
  | 'versions'
  /** Not exactly one version of an entity is the latest, or not its newest. */
  | 'latest'
  /** An event that its kind does not have. */
  | 'event'
  /** The fold of an entity's events does not give the stored state. */
  | 'state'
  /** Positions in a partition are not 1, 2, 3 …, each once, rising with the versions of each entity. */
  | 'positions'
  /** recorded_at falls, or is not one instant for all rows of a command. */
  | 'recorded_at'
  /** The rows of a command do not stand together. */
  | 'unit'
  /** A command is not whole: its rows, their number, its hash, its places, its key. */
  | 'command'
  /** The postings of a command do not sum to zero per currency. */
  | 'postings'
  /** A balance does not move by its posting. */
  | 'balance'
  /** Money moves before its account was opened. */
  | 'opening'

export interface Difference {
  readonly check: Check
  readonly entityId?: string
  readonly version?: number
  readonly partition?: number
  readonly position?: number
  readonly detail: string
}
