// What a batch of versions makes of a view's documents: pure, and the same wherever it is done, however often, and from however early on. A document tells which position it has seen; what is
// not newer than that leaves it as it is.
import type { JsonObject } from '../ledger/json.ts'
import type { VersionRecord } from '../ledger/record.ts'
import { isFirstOfEntity, ofEntity, type Projection } from './projection.ts'

/** A document, or what is remembered of an entity, as it is kept. */
export interface Kept {
  readonly key: string
  /** Null: there is none any more, but what it has seen is known. */
  readonly body: JsonObject | null
  readonly partition: number
  /** The position in the partition's feed up to which it is. */
  readonly position: number
}

export interface Contents {
  readonly documents: ReadonlyMap<string, Kept>
  readonly memories: ReadonlyMap<string, Kept>
}

/** As it is to be kept from now on. */
export interface Changed extends Kept {
  /** There was none of this key where it was loaded from: a sink may try what is quicker then, but there may be one by now. */
  readonly isNew: boolean
}

export interface Changes {
  readonly documents: ReadonlyMap<string, Changed>
  readonly memories: ReadonlyMap<string, Changed>
}

/** The projection threw at a version: it can not go on there until a person says how. */
export class Poisoned extends Error {
  override readonly name = 'Poisoned'
  readonly record: VersionRecord
  constructor(record: VersionRecord, cause: unknown) {
    super(`${record.entityId} version ${record.version}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.record = record
  }
}

export interface Needed {
  readonly documents: readonly string[]
  readonly memories: readonly string[]
}

/** What has to be loaded before the versions can be folded. Without `firsts`, not what one of the versions is the first of: that is not there, where nobody has been further. Throws Poisoned. */
export function neededFor(projection: Projection, records: readonly VersionRecord[], { firsts = true } = {}): Needed {
  const documents = new Set<string>()
  const memories = new Set<string>()
  for (const record of records) {
    const key = at(record, () => projection.key(record))
    if (key === undefined) continue
    if (!projection.standalone && (firsts || !at(record, () => projection.isNew(record)))) documents.add(key)
    if (projection.remember && (firsts || !(projection.memoryKey === ofEntity && isFirstOfEntity(record))))
      memories.add(at(record, () => projection.memoryKey(record)))
  }
  return { documents: [...documents], memories: [...memories] }
}

/** Every document and memory that the versions change, as it then is. Versions of one partition come in the order of their positions. Throws Poisoned. */
export function fold(projection: Projection, records: readonly VersionRecord[], loaded: Contents): Changes {
  const documents = new Map<string, Changed>()
  const memories = new Map<string, Changed>()
  for (const record of records) {
    at(record, () => {
      const key = projection.key(record)
      if (key === undefined) return
      const document = documents.get(key) ?? loaded.documents.get(key)
      const memoryKey = projection.memoryKey(record)
      const memory = memories.get(memoryKey) ?? loaded.memories.get(memoryKey)
      const before = memory?.body ?? undefined
      if (document && document.partition !== record.partition)
        throw new TypeError(`the document ${key} is of partition ${document.partition}: a key may gather one owner's versions only`)
      const isNewer = record.position > (document?.position ?? 0)
      // Documents are written before memories, and loaded after them: so no memory is ever ahead of its document.
      if (isNewer) {
        const body = projection.apply(projection.standalone ? undefined : (document?.body ?? undefined), record, before)
        if (body) assertSpread(projection, key, body)
        const isNew = documents.get(key)?.isNew ?? (!loaded.documents.has(key) && (!projection.standalone || projection.isNew(record)))
        documents.set(key, changed(key, record, body, isNew))
      }
      if (projection.remember && record.position > (memory?.position ?? 0)) {
        const after = documents.get(key) ?? loaded.documents.get(key)
        const body = projection.remember(record, { before, document: after?.body ?? undefined })
        memories.set(memoryKey, changed(memoryKey, record, body, !loaded.memories.has(memoryKey)))
      }
    })
  }
  return { documents, memories }
}

/** Throws TypeError where a sink that is spread would look for the document on another machine than it is on. */
function assertSpread({ spreadBy: { member, of } }: Projection, key: string, body: JsonObject): void {
  const told = of(key)
  if (body[member] !== told)
    throw new TypeError(
      `the document ${key} has the ${member} ${JSON.stringify(body[member])}, and by its key ${JSON.stringify(told)}: it is spread by it`,
    )
}

const changed = (key: string, { partition, position }: VersionRecord, body: JsonObject | null, isNew: boolean): Changed => ({
  key,
  body,
  partition,
  position,
  isNew,
})

function at<Result>(record: VersionRecord, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw new Poisoned(record, error)
  }
}
