// Snowflake's own driver: loaded when it is first needed, kept quiet, and asked for text, so that no digit is lost. What is opened here is a session.
import type * as Sdk from 'snowflake-sdk'
import type { SnowflakeAddress } from './address.ts'
import { failure } from './failure.ts'

type Driver = typeof Sdk

let loading: Promise<Driver> | undefined

/** Throws, with a sentence that says what to do, where the package is not installed. */
const driver = (): Promise<Driver> => (loading ??= load())

async function load(): Promise<Driver> {
  // Else it asks addresses of clouds where it runs, before it connects.
  process.env['SNOWFLAKE_DISABLE_PLATFORM_DETECTION'] ??= 'true'
  const loaded = (await import('snowflake-sdk').catch((error: unknown) => {
    throw new Error("Snowflake's driver can not be loaded: it is an optional dependency, which npm ci --include=optional brings", {
      cause: error,
    })
  })) as Driver & { readonly default?: Driver }
  const found = loaded.default ?? loaded
  // It would write a file into the working directory, and to stdout.
  found.configure({ logLevel: 'OFF', additionalLogToConsole: false })
  return found
}

/** Throws Unavailable. */
export async function connect(address: SnowflakeAddress): Promise<Sdk.Connection> {
  const { createConnection } = await driver()
  const connection = createConnection(optionsOf(address))
  return new Promise((done, fail) => connection.connect((error) => (error ? fail(failure(error)) : done(connection))))
}

function optionsOf(address: SnowflakeAddress): Sdk.ConnectionOptions {
  const { account, user, password, privateKeyPath, database, schema, warehouse, role, accessUrl } = address
  return {
    account,
    username: user,
    ...(privateKeyPath === undefined
      ? { ...(password !== undefined && { password }) }
      : { authenticator: 'SNOWFLAKE_JWT', privateKeyPath, ...(password !== undefined && { privateKeyPass: password }) }),
    database,
    schema,
    warehouse,
    ...(role !== undefined && { role }),
    ...(accessUrl !== undefined && { accessUrl }),
    application: 'strata',
    rowMode: 'array',
    fetchAsString: ['Number', 'Date', 'JSON'],
    // Else what is null comes as the text NULL.
    representNullAsStringNull: false,
    clientSessionKeepAlive: false,
    sfRetryMaxLoginRetries: 1,
  }
}
