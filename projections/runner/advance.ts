// One step of a projection: a page of versions is folded into the view and written. A version that the projection throws at stops its partition, and only that; what comes before it, and the other
// partitions, go on.
import type { VersionRecord } from '../../ledger/record.ts'
import { fold, neededFor, Poisoned, type Contents, type Needed } from '../fold.ts'
import type { Projection } from '../projection.ts'
import { Unwritable, type Place, type View } from '../sinks/sink.ts'
import type { Advanced, IsSkipped } from './target.ts'
import { written, type Written } from './written.ts'

/** `before`: what was written by who calls it again and again, each page where the one before it ends. Throws what the sink throws. */
export async function advance(
  view: View,
  projection: Projection,
  page: readonly VersionRecord[],
  isSkipped: IsSkipped,
  before: Written = written(),
): Promise<Advanced> {
  let passed = page
  const left = new Set<VersionRecord>()
  const poisoned: Poisoned[] = []
  for (;;) {
    const records = passed.filter((record) => !left.has(record) && projection.kinds.includes(record.kind))
    const step = { records, begins: beginsOf(passed), places: placesAfter(passed) }
    const trouble = await attempt(view, projection, step, before)
    if (trouble === undefined) return { places: step.places, poisoned }
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

/** After which position each partition's first of these comes. */
export const beginsOf = (records: readonly VersionRecord[]): ReadonlyMap<number, number> =>
  new Map(records.toReversed().map(({ partition, position }): [number, number] => [partition, position - 1]))

interface Step {
  /** What the projection reads of it. */
  readonly records: readonly VersionRecord[]
  readonly begins: ReadonlyMap<number, number>
  readonly places: ReadonlyMap<number, Place>
}

async function attempt(
  view: View,
  projection: Projection,
  { records, begins, places }: Step,
  before: Written,
): Promise<Poisoned | Unwritable | undefined> {
  try {
    const changes = fold(projection, records, await contentsFor(view, projection, records, begins, before))
    await view.write({ ...changes, begins, places })
    if (!projection.standalone) before.add(changes)
    return undefined
  } catch (error) {
    if (error instanceof Poisoned || error instanceof Unwritable) return error
    throw error
  }
}

/** Not loaded is what was written before, nor what begins here. */
async function contentsFor(
  view: View,
  projection: Projection,
  records: readonly VersionRecord[],
  begins: ReadonlyMap<number, number>,
  before: Written,
): Promise<Contents> {
  const { known, unknown } = before.among(neededFor(projection, records, { firsts: false }))
  if (isEmpty(unknown)) return known
  const loaded = await view.load(unknown)
  // Somebody has been further with it, also this process before a failure: what is loaded is then later than the rest, and no memory may be ahead of its document.
  const isLater = [...loaded.documents.values(), ...loaded.memories.values()].some(
    ({ partition, position }) => position > (begins.get(partition) ?? Infinity),
  )
  if (!isLater)
    return { documents: new Map([...known.documents, ...loaded.documents]), memories: new Map([...known.memories, ...loaded.memories]) }
  before.clear()
  return view.load(neededFor(projection, records))
}

const isEmpty = ({ documents, memories }: Needed): boolean => documents.length + memories.length === 0

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
