// Promises: where `strata replay` builds a view, by a URL: a place of its own, in which the view is not there yet.

import type { Instant } from '../ledger/instant.ts'
import { memorySink } from '../projections/sinks/memory.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import { CommandFailed, EXIT } from './exit.ts'
import type { Settings } from './settings.ts'

export interface ReplayPlace {
  readonly sink: Sink
  /** As it is told. */
  readonly name: string
  /** The documents are printed: nothing is kept. */
  readonly prints: boolean
}

/** Of the settings. */
type Live = Pick<Settings, 'duckdbPath' | 'snowflakeUrl'>

const MAX_SCHEMA_CHARACTERS = 63

/** `memory:`, `duckdb:FILE`, `postgres://…` with `?schema=NAME`, `mongodb://…` with a database, or `snowflake://…` with a database and schema; where PostgreSQL's schema or MongoDB's database is left out, one that is named after the instant. `live`: what a server keeps. */
export async function replayPlace(into: string, asOf: Instant, live: Live): Promise<ReplayPlace> {
  if (into === 'memory:') return { sink: memorySink(), name: 'memory', prints: true }
  if (into.startsWith(DUCKDB)) return duckdbPlace(into.slice(DUCKDB.length), live.duckdbPath)
  const url = URL.canParse(into) ? new URL(into) : undefined
  if (url && ['postgres:', 'postgresql:'].includes(url.protocol)) {
    const { postgresSink } = await import('../projections/sinks/postgres.ts')
    const schema = schemaOf(url, asOf)
    url.searchParams.delete('schema')
    return { sink: postgresSink({ url: url.href, schema }), name: `the schema ${schema}`, prints: false }
  }
  if (/^mongodb(\+srv)?:\/\//.test(into)) {
    const { databaseOf, mongoSink } = await import('../projections/sinks/mongo.ts')
    const database = databaseOf(into) ?? namedAfter(asOf)
    return { sink: mongoSink({ url: into, database }), name: `the database ${database}`, prints: false }
  }
  if (into.startsWith('snowflake://')) return snowflakePlace(into, live.snowflakeUrl)
  const known = 'memory:, postgres://…?schema=NAME, mongodb://…/DATABASE, duckdb:FILE or snowflake://…/DATABASE/SCHEMA'
  throw new CommandFailed(`--into must be ${known}`, { exitCode: EXIT.usage })
}

async function snowflakePlace(into: string, live: string | undefined): Promise<ReplayPlace> {
  const [{ snowflakeSink }, { snowflakeAddress }] = await Promise.all([
    import('../projections/sinks/snowflake.ts'),
    import('../projections/sinks/snowflake/address.ts'),
  ])
  const placeOf = (url: string): string => {
    const { account, accessUrl = account, database, schema } = snowflakeAddress(url)
    return `${accessUrl} ${database}.${schema}`
  }
  try {
    if (live !== undefined && placeOf(into) === placeOf(live))
      throw new TypeError('must name a schema of its own, not the one of STRATA_SNOWFLAKE_URL')
    const { database, schema } = snowflakeAddress(into)
    return { sink: snowflakeSink({ url: into }), name: `the schema ${database}.${schema} of Snowflake`, prints: false }
  } catch (error) {
    if (error instanceof TypeError) throw new CommandFailed(`--into ${error.message}`, { exitCode: EXIT.usage })
    throw error
  }
}

const DUCKDB = 'duckdb:'

async function duckdbPlace(path: string, live: string): Promise<ReplayPlace> {
  const [{ duckdbSink }, { realPath }] = await Promise.all([
    import('../projections/sinks/duckdb.ts'),
    import('../projections/sinks/duckdb/socket-path.ts'),
  ])
  if (path === '' || (await realPath(path)) === (await realPath(live)))
    throw new CommandFailed(`--into must name a DuckDB file of its own, as duckdb:FILE: not ${JSON.stringify(path)}`, {
      exitCode: EXIT.usage,
    })
  return { sink: duckdbSink({ path }), name: `the DuckDB file ${path}`, prints: false }
}

const namedAfter = (asOf: Instant): string => `asof_${asOf.replaceAll(/\D/g, '')}`

function schemaOf(url: URL, asOf: Instant): string {
  const schema = url.searchParams.get('schema') ?? namedAfter(asOf)
  if (schema === '' || schema.length > MAX_SCHEMA_CHARACTERS || /^(views|ledger|pg_.*|information_schema|public)$/.test(schema))
    throw new CommandFailed(
      `--into must name a schema of its own, of at most ${MAX_SCHEMA_CHARACTERS} characters: not ${JSON.stringify(schema)}`,
      {
        exitCode: EXIT.usage,
      },
    )
  return schema
}
