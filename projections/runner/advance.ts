// One step of a projection: a page of versions is folded into the view and written. A version that the projection throws at stops its partition, and only that; what comes before it, and the other
// partitions, go on.
import type { VersionRecord } from '../../ledger/record.ts'
import { fold, neededFor, Poisoned, type Contents } from '../fold.ts'
import type { Projection } from '../projection.ts'
import { Unwritable, type Place, type View } from '../sinks/sink.ts'
import type { Advanced, IsSkipped } from './target.ts'

/** Throws what the sink throws. */
export async function advance(view: View, projection: Projection, page: readonly VersionRecord[], isSkipped: IsSkipped): Promise<Advanced> {
  let passed = page
  const left = new Set<VersionRecord>()
  const poisoned: Poisoned[] = []
  for (;;) {
    const records = passed.filter((record) => !left.has(record) && projection.kinds.includes(record.kind))
    const places = placesAfter(passed)
    const trouble = await attempt(view, projection, records, places)
    if (trouble === undefined) return { places, poisoned }
    const stuck = trouble instanceof Poisoned ? trouble : stuckAt(projection, records, trouble)
    if (stuck instanceof Poisoned && (await isSkipped(stuck.record))) left.add(stuck.record)
    else {
      if (stuck instanceof Poisoned) poisoned.push(stuck)
      const { partition, position } = stuck instanceof Poisoned ? stuck.record : stuck
      passed = passed.filter((record) => record.partition !== partition || record.position < position)
    }
  }
}

/** Where who has seen all of these is, in their partitions. */
export const placesAfter = (records: readonly VersionRecord[]): ReadonlyMap<number, Place> =>
  new Map(records.map(({ partition, position, recordedAt }): [number, Place] => [partition, { position, recordedAt }]))

async function attempt(
  view: View,
  projection: Projection,
  records: readonly VersionRecord[],
  places: ReadonlyMap<number, Place>,
): Promise<Poisoned | Unwritable | undefined> {
  try {
    const needed = neededFor(projection, records)
    const loaded = needed.documents.length + needed.memories.length === 0 ? NOTHING : await view.load(needed)
    await view.write({ ...fold(projection, records, loaded), places })
    return undefined
  } catch (error) {
    if (error instanceof Poisoned || error instanceof Unwritable) return error
    throw error
  }
}

const NOTHING: Contents = { documents: new Map(), memories: new Map() }

/** The version that makes what the sink can not take; where it may be one of several, the place by which half of them are left for later. */
function stuckAt(projection: Projection, records: readonly VersionRecord[], trouble: Unwritable): Poisoned | VersionRecord {
  const { key, partition } = trouble.kept
  const makers = records.filter(
    (record) => record.partition === partition && (projection.memoryKey(record) === key || projection.key(record) === key),
  )
  const [first] = makers
  if (!first) throw trouble
  return makers.length === 1 ? new Poisoned(first, trouble) : (makers[Math.floor(makers.length / 2)] ?? first)
}
