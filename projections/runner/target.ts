// What a run keeps up to date: a view in a sink of documents, or a stream that the feed is published to.
import type { VersionRecord } from '../../ledger/record.ts'
import type { Projection } from '../projection.ts'
import type { Place, Places, View } from '../sinks/sink.ts'
import type { Poisoned } from '../fold.ts'
import { advance } from './advance.ts'
import { written } from './written.ts'

export interface Advanced {
  /** Of the partitions that moved. */
  readonly places: ReadonlyMap<number, Place>
  readonly poisoned: readonly Poisoned[]
}

/** Whether a person has said that this version is to be left out. */
export type IsSkipped = (record: VersionRecord) => Promise<boolean>

export interface Target {
  /** How far it is in these partitions, which this process works on from now on. Asked again after every failure. What is applied then goes on from there. */
  places(partitions: readonly number[]): Promise<Places>
  /** Takes a page in, and where that got to. Throws what the sink throws. */
  apply(page: readonly VersionRecord[]): Promise<Advanced>
}

/** What a relay's run is called, where others have a view. */
export const RELAYED = 'feed'

/** Publishes the feed, and keeps no documents. */
export interface Relay extends AsyncDisposable {
  /** `kafka` …: as it is called in commands, metrics and health. */
  readonly name: string
  /** `partitions`: of the ledger. */
  open(partitions: number, isSkipped: IsSkipped): Promise<Target>
}

export function viewTarget(view: View, projection: Projection, isSkipped: IsSkipped): Target {
  const before = written()
  return {
    places() {
      before.clear()
      return view.places()
    },
    apply: (page) => advance(view, projection, page, isSkipped, before),
  }
}
