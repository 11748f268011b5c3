// Where the settings ask for views and the feed to be, each opened only where it is used: what it needs is loaded with it.
import { hash } from 'node:crypto'
import { hostname } from 'node:os'
import type { Relay } from '../projections/runner/target.ts'
import { realPath } from '../projections/sinks/duckdb/socket-path.ts'
import type { AnalyticSink, Sink } from '../projections/sinks/sink.ts'
import { kafkaPlace } from './kafka-brokers.ts'
import type { Place } from './place.ts'
import type { GoodSettings } from './setting-flags.ts'

export interface Asked<Opened> {
  readonly name: string
  readonly open: () => Promise<Opened>
  /** Opened though another process has it, which gives it up for as long. */
  readonly take?: () => Promise<Opened>
}

/** What is opened is on the stack, last first. */
export async function openAll<Opened extends AsyncDisposable>(
  asked: readonly Asked<Opened>[],
  end: AsyncDisposableStack,
): Promise<readonly Opened[]> {
  const all: Opened[] = []
  for (const { open } of asked) all.push(end.use(await open()))
  return all
}

export type DocumentSink = Asked<Sink>

/** Of documents; the first one answers reads. Every view is on every one of them. */
export function documentSinks(place: Pick<Place, 'workingUrl'>, { settings: { mongoUrl } }: GoodSettings): readonly DocumentSink[] {
  const postgres: DocumentSink = {
    name: 'postgres',
    async open() {
      const { postgresSink } = await import('../projections/sinks/postgres.ts')
      return postgresSink({ url: await place.workingUrl() })
    },
  }
  if (mongoUrl === undefined) return [postgres]
  const mongo: DocumentSink = {
    name: 'mongo',
    async open() {
      const { mongoSink } = await import('../projections/sinks/mongo.ts')
      return mongoSink({ url: mongoUrl })
    },
  }
  return [postgres, mongo]
}

export interface AnalyticsSink extends Asked<AnalyticSink> {
  /** Asks whoever keeps it. */
  readonly reader: () => Promise<Pick<AnalyticSink, 'select'> & AsyncDisposable>
}

/** Of tables. Every analytics view is on every one of them. */
export async function analyticsSinks({
  settings: { databaseUrl, duckdbPath: path, snowflakeUrl },
}: GoodSettings): Promise<readonly AnalyticsSink[]> {
  // Beside a database of one's own, every server has a file of its own.
  const name = databaseUrl === undefined ? 'duckdb' : `duckdb-${hash('sha256', `${hostname()} ${await realPath(path)}`).slice(0, 6)}`
  const openDuckdb = async (takes: boolean): Promise<AnalyticSink> => {
    const { duckdbSink } = await import('../projections/sinks/duckdb.ts')
    return duckdbSink({ path, name, isServed: true, takes })
  }
  const duckdb: AnalyticsSink = {
    name,
    open: () => openDuckdb(false),
    take: () => openDuckdb(true),
    async reader() {
      const { duckdbReader } = await import('../projections/sinks/duckdb/reader.ts')
      return duckdbReader(path)
    },
  }
  if (snowflakeUrl === undefined) return [duckdb]
  const openSnowflake = async (): Promise<AnalyticSink> => {
    const { snowflakeSink } = await import('../projections/sinks/snowflake.ts')
    return snowflakeSink({ url: snowflakeUrl })
  }
  return [duckdb, { name: 'snowflake', open: openSnowflake, reader: openSnowflake }]
}

/** Of the feed. */
export function feedRelays({ settings: { kafkaBrokers } }: GoodSettings): readonly Asked<Relay>[] {
  const at = kafkaBrokers === undefined ? undefined : kafkaPlace(kafkaBrokers)
  if (!at) return []
  return [
    {
      name: 'kafka',
      async open() {
        const { kafkaRelay } = await import('../projections/sinks/kafka/relay.ts')
        return kafkaRelay(at)
      },
    },
  ]
}
