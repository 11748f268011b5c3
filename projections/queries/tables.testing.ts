// A sink that answers queries, for tests of what they answer: a DuckDB file of its own, gone with it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdbSink } from '../sinks/duckdb.ts'
import type { AnalyticSink } from '../sinks/sink.ts'

export async function temporaryTables(): Promise<AnalyticSink> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-tables-'))
  const sink = duckdbSink({ path: join(folder, 'tables.duckdb') })
  return {
    ...sink,
    name: 'tables',
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}
