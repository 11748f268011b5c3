// Where the settings ask for views and the feed to be, each opened only where it is used: what it needs is loaded with it.
import type { Relay } from '../projections/runner/target.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import { kafkaPlace } from './kafka-brokers.ts'
import type { Place } from './place.ts'
import type { GoodSettings } from './setting-flags.ts'

export interface Asked<Opened> {
  readonly name: string
  readonly open: () => Promise<Opened>
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
