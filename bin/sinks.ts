// The sinks that the settings ask for, each opened only where it is used: what a sink needs is loaded with it.
import type { Sink } from '../projections/sinks/sink.ts'
import type { Place } from './place.ts'
import type { GoodSettings } from './setting-flags.ts'

export interface DocumentSink {
  readonly name: string
  readonly open: () => Promise<Sink>
}

/** Of documents; the first one answers reads. Every view is on every one of them. */
export function documentSinks(place: Pick<Place, 'workingUrl'>, _: GoodSettings): readonly DocumentSink[] {
  return [
    {
      name: 'postgres',
      async open() {
        const { postgresSink } = await import('../projections/sinks/postgres.ts')
        return postgresSink({ url: await place.workingUrl() })
      },
    },
    // MongoDB: STRATA_MONGO_URL. (The relay to Kafka, STRATA_KAFKA_BROKERS, is no sink of documents: it will stand beside this list.)
  ]
}
