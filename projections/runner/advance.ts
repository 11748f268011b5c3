// One step of a projection: a page of versions is folded into the view and written. A version that the projection throws at stops its partition, and only that; what comes before it, and the other
// partitions, go on.
import type { VersionRecord } from '../../ledger/record.ts'
import { fold, neededFor, Poisoned, type Contents } from '../fold.ts'
import type { Projection } from '../projection.ts'
import type { Place, View } from '../sinks/sink.ts'

export interface Advanced {
  /** Of the partitions that moved. */
  readonly places: ReadonlyMap<number, Place>
  readonly poisoned: readonly Poisoned[]
}

/** `skipped`: whether a person has said that this version is to be left out. Throws what the sink throws. */
export async function advance(
  view: View,
  projection: Projection,
  page: readonly VersionRecord[],
  skipped: (record: VersionRecord) => Promise<boolean>,
): Promise<Advanced> {
  let passed = page
  const left = new Set<VersionRecord>()
  const poisoned: Poisoned[] = []
  for (;;) {
    const outcome = await attempt(
      view,
      projection,
      passed.filter((record) => !left.has(record) && projection.kinds.includes(record.kind)),
    )
    if (!(outcome instanceof Poisoned)) {
      const places = new Map(
        passed
          .map((record): [number, Place] => [record.partition, record])
          .map(([partition, { position, recordedAt }]) => [partition, { position, recordedAt }]),
      )
      await view.write({ ...outcome, places })
      return { places, poisoned }
    }
    const { record } = outcome
    if (await skipped(record)) left.add(record)
    else {
      poisoned.push(outcome)
      passed = passed.filter(({ partition, position }) => partition !== record.partition || position < record.position)
    }
  }
}

async function attempt(view: View, projection: Projection, records: readonly VersionRecord[]): Promise<Contents | Poisoned> {
  try {
    const needed = neededFor(projection, records)
    const loaded = needed.documents.length === 0 ? NOTHING : await view.load(needed)
    return fold(projection, records, loaded)
  } catch (error) {
    if (error instanceof Poisoned) return error
    throw error
  }
}

const NOTHING: Contents = { documents: new Map(), memories: new Map() }
