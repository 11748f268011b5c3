// DuckDB files of the bench; and what somebody would write who has the rows: each batch in one transaction, by an appender into a temporary table and one guarded MERGE, and where that is; nothing is read, folded,
// leased or checked.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Projection } from '../../projections/projection.ts'
import { append, columnsOf } from '../../projections/sinks/duckdb/chunk.ts'
import { CHECKPOINT_EVERY_MB, MEMORY_LIMIT_MB, THREADS } from '../../projections/sinks/duckdb/file.ts'
import { create, merge, stage, tablesOf } from '../../projections/sinks/duckdb/tables.ts'
import { duckdbSink } from '../../projections/sinks/duckdb.ts'
import type { AnalyticSink } from '../../projections/sinks/sink.ts'
import type { ByHand } from '../out/by-hand.ts'

export interface Folder extends AsyncDisposable {
  readonly path: string
}

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'strata-bench-analytics-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export const duckdbSinkIn = (folder: string, name: string): AnalyticSink => duckdbSink({ path: join(folder, `${name}.duckdb`) })

export async function duckdbByHand(folder: string, name: string, projection: Projection): Promise<ByHand> {
  const instance = await DuckDBInstance.create(join(folder, `${name}.duckdb`), {
    threads: String(THREADS),
    memory_limit: `${MEMORY_LIMIT_MB}MB`,
    checkpoint_threshold: `${CHECKPOINT_EVERY_MB}MB`,
  })
  const connection = await instance.connect()
  const { documents } = tablesOf(projection, 'live')
  await connection.run(create(documents))
  await connection.run('create table places (batch bigint)')
  let batch = 0
  return {
    async write(rows) {
      if (rows.length === 0) return
      await connection.run('begin')
      await connection.run(stage(documents))
      await append(connection, documents, columnsOf(documents, rows))
      await connection.run(merge(documents))
      await connection.run(`insert into places values (${++batch})`)
      await connection.run('commit')
    },
    [Symbol.asyncDispose]() {
      connection.closeSync()
      instance.closeSync()
      return Promise.resolve()
    },
  }
}
