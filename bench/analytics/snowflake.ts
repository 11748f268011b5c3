// The stand-in of Snowflake; and what somebody would write who has the rows: each batch as a file by PUT, COPY INTO and guarded MERGE in one transaction, with where that is; nothing is read, folded, leased or checked.
import type { Projection } from '../../projections/projection.ts'
import type { AnalyticSink } from '../../projections/sinks/sink.ts'
import { snowflakeAddress } from '../../projections/sinks/snowflake/address.ts'
import { filesOf } from '../../projections/sinks/snowflake/files.ts'
import { STATEMENT_TIMEOUT_MS } from '../../projections/sinks/snowflake/session.ts'
import { sessionsOf } from '../../projections/sinks/snowflake/sessions.ts'
import { staged } from '../../projections/sinks/snowflake/staged.ts'
import { SCHEMA, writeStatements } from '../../projections/sinks/snowflake/statements.ts'
import { ddl, tablesOf } from '../../projections/sinks/snowflake/tables.ts'
import { snowflakeSink } from '../../projections/sinks/snowflake.ts'
import { snowflake } from '../../scripts/services/snowflake.ts'
import type { ByHand } from '../out/by-hand.ts'

export interface StandIn extends AsyncDisposable {
  readonly sink: (schema: string) => AnalyticSink
  readonly byHand: (schema: string, projection: Projection) => Promise<ByHand>
}

export async function standIn(): Promise<StandIn> {
  const service = await snowflake.start()
  const urlOf = (schema: string): string => {
    const url = new URL(service.address)
    url.pathname = `/STRATA/${schema.toUpperCase().replaceAll('-', '_')}`
    return url.href
  }
  return {
    sink: (schema) => snowflakeSink({ url: urlOf(schema) }),
    byHand: (schema, projection) => snowflakeByHand(urlOf(schema), projection),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  }
}

async function snowflakeByHand(url: string, projection: Projection): Promise<ByHand> {
  const sessions = sessionsOf({ address: snowflakeAddress(url), statementTimeoutMs: STATEMENT_TIMEOUT_MS, onStatement: () => undefined })
  const files = filesOf()
  const tables = tablesOf(projection, 'HAND')
  const statements = writeStatements(tables)
  await sessions.use(async (session) => {
    for (const statement of [...SCHEMA, ...ddl(tables)]) await session.run(statement)
  })
  return {
    async write(rows) {
      if (rows.length === 0) return
      const documents = new Map(rows.map((row) => [row.key, row]))
      const { csv } = staged(tables, { documents, memories: new Map(), begins: new Map(), places: new Map() })
      await files.with(csv, (path, file) =>
        sessions.use(async (session) => {
          await session.run(statements.put(path))
          await session.run(statements.makeStaged)
          await session.transaction(async () => {
            await session.run(statements.copy(file))
            await session.run(statements.mergeDocuments)
            await session.run(statements.mergePlaces)
          })
          await session.run(statements.remove(file))
        }),
      )
    },
    async [Symbol.asyncDispose]() {
      await sessions[Symbol.asyncDispose]()
      await files[Symbol.asyncDispose]()
    },
  }
}
