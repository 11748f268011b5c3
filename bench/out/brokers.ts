// What views and the feed go out to beside PostgreSQL: a real MongoDB and a real Kafka broker of the bench's own.
import { kafka } from '../../scripts/services/kafka.ts'
import { mongodb } from '../../scripts/services/mongodb.ts'

export interface Brokers extends AsyncDisposable {
  /** URL of a database of that name. */
  readonly mongoOf: (database: string) => string
  /** host:port */
  readonly kafka: string
}

export async function brokers(): Promise<Brokers> {
  await using starting = new AsyncDisposableStack()
  const mongo = starting.use(await mongodb.start())
  const broker = starting.use(await kafka.start())
  const all = starting.move()
  return {
    mongoOf: (database) => mongo.address.replace('/?', `/${database}?`),
    kafka: broker.address,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
