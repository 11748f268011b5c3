// How far a build is, by partition of the ledger.
import type { Instant } from '../../../ledger/instant.ts'

export interface StoredPlace {
  /** The build, and the partition. */
  readonly _id: string
  readonly build: string
  readonly partition: number
  readonly position: number
  readonly recordedAt: Instant
}
