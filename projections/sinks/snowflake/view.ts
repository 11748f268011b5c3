// One build of a view in Snowflake. A batch is one transaction: loaded from a file, merged where it is newer than what is there, and committed with what is remembered and how far it is.
import { Unavailable } from '../../../ledger/failure.ts'
import type { JsonObject } from '../../../ledger/json.ts'
import type { Kept } from '../../fold.ts'
import { Superseded, type Batch, type Place, type View, type ViewQuestion } from '../sink.ts'
import { again } from './again.ts'
import { turns } from '../../turns.ts'
import { isMissing } from './failure.ts'
import type { Files } from './files.ts'
import type { Row, Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { ROWS, staged, type Staged } from './staged.ts'
import { readStatements, writeStatements, type WriteStatements } from './statements.ts'
import { fromTexts } from './table-form.ts'
import { WHOLE, type Tables } from './tables.ts'

/** Read at a time when everything is. */
const PAGE_ROWS = 10_000
/** Of a view, at a time; who comes then waits. */
export const MAX_READS = 8

export interface ViewContext {
  readonly sessions: Sessions
  readonly files: Files
  readonly tables: Tables
  /** Of what is live now; undefined: nothing is. */
  readonly live: () => Promise<Tables | undefined>
}

export function viewOf({ sessions, files, tables, live }: ViewContext): View {
  const { projection, columns } = tables
  const writes = writeStatements(tables)
  const own = readStatements(tables)
  let read = own
  // Two of this process would only wait for each other in Snowflake, which is paid for.
  const inTurn = turns({ atATime: 1 })

  const reading = turns({ atATime: MAX_READS })

  /** Tables that are not there are those of a build that was replaced; or else something is wrong with the schema, or with the rights in it. */
  const ofThisBuild = <Result>(work: () => Promise<Result>): Promise<Result> =>
    work().catch(async (error: unknown) => {
      throw isMissing(error) && (await run(writes.isInSlot)).length === 0 ? new Superseded(projection) : error
    })
  /** Readers do not notice that what they had opened was replaced: they read on in what is live. */
  const whereverItIs = <Result>(work: () => Promise<Result>): Promise<Result> =>
    reading(() =>
      work().catch(async (error: unknown) => {
        const now = isMissing(error) ? await live() : undefined
        if (!now) throw error
        read = readStatements(now)
        return work()
      }),
    )
  const run = (text: string, values: readonly string[] = []): Promise<readonly Row[]> =>
    sessions.use((session) => session.run(text, { values }))
  const keptOf = (row: Row): Kept => {
    const [key, partition, position, gone, ...texts] = row
    const found = fromTexts(columns, texts as readonly (string | null)[])
    const body = projection.columns ? found : (found[WHOLE] as JsonObject)
    return { key: String(key), body: gone === true ? null : body, partition: Number(partition), position: Number(position) }
  }

  async function apply(session: Session, file: string, batch: Staged): Promise<void> {
    await session.run(writes.makeStaged)
    await session.transaction(() => load(session, writes, file, batch, () => new Superseded(projection)))
  }

  return {
    places: () =>
      ofThisBuild(async () => {
        const rows = await run(own.places)
        return new Map(
          rows.map(([partition, position, at]): [number, Place] => [
            Number(partition),
            { position: Number(position), recordedAt: `${String(at).replace(' ', 'T')}Z` },
          ]),
        )
      }),
    load: (needed) =>
      ofThisBuild(async () => {
        const values = [...(projection.remember ? [needed.memories] : []), needed.documents].map((keys) => JSON.stringify(keys))
        const rows = await run(own.load, values)
        const some = (of: string, kept: (row: Row) => Kept): ReadonlyMap<string, Kept> =>
          new Map(
            rows
              .filter(([row]) => row === of)
              .map(([, ...row]) => kept(row))
              .map((one) => [one.key, one]),
          )
        return { memories: some(ROWS.memory, rememberedOf), documents: some(ROWS.document, keptOf) }
      }),
    async write(batch: Batch) {
      const rows = staged(tables, batch)
      if (rows.rows === 0) return
      await inTurn(() =>
        ofThisBuild(() =>
          files.with(rows.csv, async (path, file) => {
            // What stays behind is removed when a process opens the view later.
            const remove = (): Promise<unknown> => run(writes.remove(file)).catch(() => undefined)
            try {
              await run(writes.put(path))
              await again(() => sessions.use((session) => apply(session, file, rows)))
            } catch (error) {
              if (!(error instanceof Unavailable)) await remove()
              throw error
            }
            await remove()
          }),
        ),
      )
    },
    async read(question: ViewQuestion) {
      const { filters, key, after = '', limit } = question
      const values = [after, ...Object.values(filters), ...(key === undefined ? [] : [key])]
      const rows = await whereverItIs(() => run(read.read(Object.keys(filters), key !== undefined, limit + 1), values))
      const documents = rows.map(keptOf).map(({ key: own, body, partition, position }) => ({
        key: own,
        document: body as JsonObject,
        seen: { partition, position },
      }))
      return { documents: documents.slice(0, limit), hasMore: documents.length > limit }
    },
    async *all() {
      for (let after = ''; ;) {
        const from = after
        const rows = await whereverItIs(() => run(read.page(PAGE_ROWS), [from]))
        const kept = rows.map(keptOf)
        yield* kept
        const last = kept.at(-1)
        if (!last || rows.length < PAGE_ROWS) return
        after = last.key
      }
    },
  }
}

const rememberedOf = ([key, partition, position, , body]: Row): Kept => ({
  key: String(key),
  body: typeof body === 'string' ? (JSON.parse(body) as JsonObject) : null,
  partition: Number(partition),
  position: Number(position),
})

async function load(
  session: Session,
  { copy, mergeDocuments, mergeMemories, mergePlaces, isInSlot }: WriteStatements,
  file: string,
  { documents, memories, rows }: Staged,
  superseded: () => Superseded,
): Promise<void> {
  const [loaded] = await session.run(copy(file))
  // Column 3 of the answer: rows loaded. A file that was passed over for whatever reason must not be taken for done.
  if (Number(loaded?.[3]) !== rows)
    throw new Error(`Snowflake loaded ${String(loaded?.[3] ?? 0)} of ${rows} rows: ${JSON.stringify(loaded)}`)
  if (documents > 0) await session.run(mergeDocuments)
  if (memories > 0) await session.run(mergeMemories)
  await session.run(mergePlaces)
  if ((await session.run(isInSlot)).length === 0) throw superseded()
}
