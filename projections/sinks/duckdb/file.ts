// The DuckDB file, opened when it is first needed, by one process at a time: one connection that writes, in transactions one after the other, and one for each of the few readers, who see one snapshot. Whatever
// happens to the file is trouble of whoever asks then; the next one opens it again.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { Unavailable } from '../../../ledger/failure.ts'
import { explained, HeldElsewhere, isFatal } from './failure.ts'
import { taking } from './take.ts'
import { turns } from '../../turns.ts'

/** Of DuckDB's own, beside Node's. */
export const MEMORY_LIMIT_MB = 512
/** Beside the file, of what does not fit into memory meanwhile. */
export const MAX_TEMPORARY_MB = 4_096
export const THREADS = 2
/** Then what was written is moved from its log into the file: measured on 1,000,000 versions, a log of 16 MB costs half of the rate, and this one is read again within a second or two. */
export const CHECKPOINT_EVERY_MB = 64
/** At a time; each takes one of the four threads that Node has for files and names. */
export const MAX_READERS = 2

/** For whoever has asked for the file to open it. */
const LEFT_MS = 3_000
/** An interruption that comes before a statement has begun is not heard. */
export const INTERRUPT_AGAIN_MS = 50

export interface FileOptions {
  readonly path: string
  readonly readOnly?: boolean
  /** Asks another process that has it to give it up for as long as this one has it. */
  readonly takes?: boolean
  /** While the file is open. */
  readonly beside?: () => Promise<AsyncDisposable>
}

export interface DuckDbFile extends AsyncDisposable {
  /** Opens it, where it is not. Throws HeldElsewhere, Unavailable. */
  open(): Promise<void>
  /** In a transaction, one after the other. */
  write<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result>
  /** In a transaction that can not write: all that it sees is of one instant. */
  read<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result>
  /** Closes it once what is written is written, and leaves it alone for a moment: another process has asked for it. */
  giveUp(): Promise<void>
}

interface Opened {
  readonly instance: DuckDBInstance
  readonly writer: DuckDBConnection
  readonly beside: AsyncDisposable | undefined
}

/** Which build each view's slots have, and up to where each is. */
const DDL = [
  'create table if not exists _strata_slots (view varchar not null, slot varchar not null, version integer not null, build varchar not null)',
  'create table if not exists _strata_places (view varchar not null, slot varchar not null, "partition" integer not null, "position" bigint not null, recorded_at timestamp not null)',
]

/** For all connections, for good: nulls are ordered as by PostgreSQL and Snowflake, and SQL that is asked reaches this file and nothing else. */
const CONFINED = [
  "set global TimeZone = 'UTC'",
  "set global default_null_order = 'nulls_last_on_asc_first_on_desc'",
  `set global max_temp_directory_size = '${MAX_TEMPORARY_MB}MB'`,
  `set global checkpoint_threshold = '${CHECKPOINT_EVERY_MB}MB'`,
  'set global enable_external_access = false',
  'set global lock_configuration = true',
]

export function duckDbFile({ path, readOnly = false, takes = false, beside }: FileOptions): DuckDbFile {
  const inTurn = turns({ atATime: 1 })
  const reading = turns({ atATime: MAX_READERS })
  const working = new Set<Promise<unknown>>()
  const readers = new Set<DuckDBConnection>()
  let opening: Promise<Opened> | undefined
  let leftUntil = 0
  let isClosed = false

  const opened = (): Promise<Opened> => {
    if (isClosed) return Promise.reject(new Unavailable(`the DuckDB file ${path} was closed`))
    if (performance.now() < leftUntil) return Promise.reject(new HeldElsewhere(`the DuckDB file ${path} was given to another process`))
    const attempt = (opening ??= takes ? taking(path, openFile) : openFile())
    attempt.catch(() => {
      if (opening === attempt) opening = undefined
    })
    return attempt
  }

  async function openFile(): Promise<Opened> {
    try {
      if (!readOnly) await mkdir(dirname(path), { recursive: true })
      const { DuckDBInstance: Instance } = await import('@duckdb/node-api')
      const instance = await Instance.create(path, {
        access_mode: readOnly ? 'READ_ONLY' : 'READ_WRITE',
        threads: String(THREADS),
        memory_limit: `${MEMORY_LIMIT_MB}MB`,
        temp_directory: `${path}.tmp`,
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
      })
      const writer = await instance.connect()
      try {
        for (const statement of [...(readOnly ? [] : DDL), ...CONFINED]) await writer.run(statement)
        return { instance, writer, beside: await beside?.() }
      } catch (error) {
        writer.closeSync()
        instance.closeSync()
        throw error
      }
    } catch (error) {
      throw explained(error, path)
    }
  }

  /** Once nobody works on it any more: DuckDB keeps a file open for as long as somebody does, and this process must not have it open twice. Readers are cut off. */
  function close(last: Promise<Opened>): Promise<void> {
    return last.then(
      async ({ instance, writer, beside: other }) => {
        await other?.[Symbol.asyncDispose]()
        const interrupting = setInterval(() => readers.forEach((reader) => reader.interrupt()), INTERRUPT_AGAIN_MS)
        await Promise.allSettled(working)
        clearInterval(interrupting)
        writer.closeSync()
        instance.closeSync()
      },
      () => undefined,
    )
  }

  function transaction<Result>(
    connection: DuckDBConnection,
    begin: string,
    work: (connection: DuckDBConnection) => Promise<Result>,
  ): Promise<Result> {
    const done = (async () => {
      await connection.run(begin)
      try {
        const result = await work(connection)
        await connection.run('commit')
        return result
      } catch (error) {
        await connection.run('rollback').catch(() => undefined)
        throw error
      }
    })()
    working.add(done)
    return done.finally(() => working.delete(done))
  }

  /** Where DuckDB has given the file up, it is closed. */
  async function guarded<Result>(work: (at: Opened) => Promise<Result>): Promise<Result> {
    const current = opened()
    const at = await current
    try {
      return await work(at)
    } catch (error) {
      if (isFatal(error) && opening === current) {
        opening = close(current).then(openFile)
        // Told to who asks next.
        opening.catch(() => undefined)
      }
      throw explained(error, path)
    }
  }

  return {
    open: async () => void (await opened()),
    write: (work) => inTurn(() => guarded(({ writer }) => transaction(writer, 'begin transaction', work))),
    read: (work) =>
      reading(() =>
        guarded(async ({ instance }) => {
          const connection = await instance.connect()
          readers.add(connection)
          try {
            return await transaction(connection, 'begin transaction read only', work)
          } finally {
            readers.delete(connection)
            connection.closeSync()
          }
        }),
      ),
    async giveUp() {
      const last = opening
      opening = undefined
      leftUntil = performance.now() + LEFT_MS
      if (last) await close(last)
    },
    async [Symbol.asyncDispose]() {
      const last = opening
      opening = undefined
      isClosed = true
      if (last) await close(last)
    },
  }
}
