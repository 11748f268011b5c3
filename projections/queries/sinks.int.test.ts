import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { sharedSnowflake } from '../../test/services/shared.ts'
import { testSnowflake } from '../../test/snowflake.ts'
import { duckdbSink } from '../sinks/duckdb.ts'
import { snowflakeSink } from '../sinks/snowflake.ts'
import type { AnalyticSink } from '../sinks/sink.ts'
import { queryContract } from './contract.testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'strata-queries-'))
const { address, skip } = await sharedSnowflake()
const duckdb = duckdbSink({ path: join(folder, 'queries.duckdb') })
const snowflake = skip ? undefined : snowflakeSink({ url: testSnowflake(address) })
after(async () => {
  await duckdb[Symbol.asyncDispose]()
  await snowflake?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

queryContract('DuckDB', () => duckdb)
queryContract('Snowflake', () => snowflake as AnalyticSink, { skip })
