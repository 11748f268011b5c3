// Promises: the MongoDB, the Kafka broker and the stand-in of Snowflake of the test run: those that scripts/test.ts started, or whoever set STRATA_TEST_MONGO_URL, STRATA_TEST_KAFKA_BROKERS or
// STRATA_TEST_SNOWFLAKE_URL; in a file that is run directly, one of its own, which ends with it. Where a server can not be had, its tests are skipped, loudly; in CI that is a failure.
import { after } from 'node:test'
import { kafka } from '../../scripts/services/kafka.ts'
import { mongodb } from '../../scripts/services/mongodb.ts'
import { snowflake } from '../../scripts/services/snowflake.ts'
import type { Service } from '../../scripts/services/service.ts'

export interface Shared {
  /** What a client connects to: a URL, or host:port. */
  readonly address: string
  /** For `{ skip }` of a test. */
  readonly skip: string | false
}

interface Startable {
  readonly name: string
  readonly setting: string
  readonly start: () => Promise<Service>
}

/** To be awaited at the top of a test file. */
export const sharedMongo = (): Promise<Shared> => shared(mongodb)
export const sharedKafka = (): Promise<Shared> => shared(kafka)
export const sharedSnowflake = (): Promise<Shared> => shared(snowflake)

async function shared({ name, setting, start }: Startable): Promise<Shared> {
  const given = process.env[setting]
  if (given) return { address: given, skip: false }
  try {
    const service = await start()
    after(() => service[Symbol.asyncDispose]())
    return { address: service.address, skip: false }
  } catch (error) {
    return { address: '', skip: missing(name, error) }
  }
}

/** Why its tests are skipped, said aloud. */
export function missing(name: string, error: unknown): string {
  const sentence = `NOT TESTED on ${name}, which can not be started here: ${error instanceof Error ? error.message : String(error)}`
  if (process.env['CI']) throw new Error(sentence, { cause: error })
  console.error(sentence)
  return sentence
}
