// Promises: the database of the ledger: that of STRATA_DATABASE_URL, or the embedded one in the data directory, started unless it runs and
// released at the end. What stands in the way is one sentence.

import pg from 'pg'
import { type Migration, migrate, MigrationRefused, pendingSteps } from '../ledger/migrate.ts'
import { ledgerSchema } from '../ledger/schema-version.ts'
import { startEmbeddedPostgres } from '../ledger/embedded-postgres.ts'
import type { Finding } from './doctor/check.ts'
import { connection } from './doctor/connection.ts'
import { CommandFailed } from './exit.ts'
import { explainConnection, explainFolder } from './explain.ts'
import { say } from './output.ts'
import type { GoodSettings } from './setting-flags.ts'

const CONNECT_WITHIN_MS = 10_000
export const OLDEST_POSTGRES = 15

const SERVER_ROLE = 'strata_server'

export interface Place extends AsyncDisposable {
  /** As whoever STRATA_DATABASE_URL says; of the embedded database, as its superuser. */
  readonly url: string
  /** To work on the ledger, once it is there: of the embedded database, as a login that can do no more than that. */
  workingUrl(): Promise<string>
  readonly embedded: boolean
  /** Leaves nothing running that nobody else uses. */
  release(): Promise<void>
}

export async function openPlace({ settings }: GoodSettings, onProgress: (line: string) => void): Promise<Place> {
  const { databaseUrl, dataDir } = settings
  if (databaseUrl !== undefined) {
    const release = async (): Promise<void> => undefined
    return { url: databaseUrl, workingUrl: async () => databaseUrl, embedded: false, release, [Symbol.asyncDispose]: release }
  }
  try {
    const server = await startEmbeddedPostgres({ dataDir, onProgress })
    const release = () => server.release()
    return { url: server.url, workingUrl: () => server.login(SERVER_ROLE), embedded: true, release, [Symbol.asyncDispose]: release }
  } catch (error) {
    throw explainFolder(error, dataDir)
  }
}

/** Throws a sentence unless the database answers, is new enough, and has this program's ledger, to the last step, if one at all. Gives what there is to say of the connection. */
export async function assertReachable(url: string, { needsLedger = true }: { readonly needsLedger?: boolean } = {}): Promise<Finding> {
  let client: pg.Client | undefined
  try {
    client = new pg.Client({ connectionString: url, application_name: 'strata', connectionTimeoutMillis: CONNECT_WITHIN_MS })
    client.on('error', () => undefined)
    await client.connect()
    const found = connection(client)
    const { rows } = await client.query<{ version: number }>("select current_setting('server_version_num')::integer as version")
    const major = Math.floor((rows[0]?.version ?? 0) / 10_000)
    if (major < OLDEST_POSTGRES)
      throw new CommandFailed(`the database is PostgreSQL ${major}, and Strata needs ${OLDEST_POSTGRES} or newer`)
    if (!needsLedger) return found
    const pending = await pendingSteps(client)
    if ((await ledgerSchema(client)) !== undefined && pending.length > 0)
      throw new CommandFailed(`the ledger is older than this program (not applied: ${pending.join(', ')}): run \`strata migrate\``)
    return found
  } catch (error) {
    throw error instanceof CommandFailed ? error : explainConnection(error, url)
  } finally {
    await client?.end().catch(() => undefined)
  }
}

/** Makes or upgrades the ledger in a place. STRATA_PARTITIONS counts only where it was given. */
export async function migratePlace(place: Place, { settings, sources }: GoodSettings, plan = false): Promise<Migration> {
  try {
    return await migrate(place.url, { plan, onProgress: say, ...(sources.partitions !== 'default' && { partitions: settings.partitions }) })
  } catch (error) {
    if (error instanceof MigrationRefused) throw new CommandFailed(`${error.message}`, { cause: error })
    throw explainConnection(error, place.url)
  }
}
