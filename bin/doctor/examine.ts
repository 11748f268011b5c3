// Promises: every check, in order, whatever the one before found; without a database those that need one are left out.

import pg from 'pg'
import { explainConnection } from '../explain.ts'
import { OLDEST_POSTGRES, openPlace, type Place } from '../place.ts'
import type { GoodSettings } from '../setting-flags.ts'
import { backup } from './backup.ts'
import { type CheckResult, checked } from './check.ts'
import { connection } from './connection.ts'
import { autovacuum, clock, durability, schema, snapshots, version } from './database.ts'
import { guards, roles } from './guards.ts'
import { disk, node } from './machine.ts'

const CONNECT_WITHIN_MS = 10_000
const STATEMENT_WITHIN_MS = 30_000

export async function* examine(settings: GoodSettings, onProgress: (line: string) => void): AsyncGenerator<CheckResult, void, undefined> {
  yield await checked('node', node)
  let place
  try {
    place = await openPlace(settings, onProgress)
  } catch (error) {
    yield unreachable(error)
    return
  }
  await using opened = place
  yield* examineDatabase(opened, settings)
  if (opened.embedded) yield await checked('disk', () => disk(settings.settings.dataDir))
}

/** An embedded ledger is made on first use. */
async function ensureLedger(url: string, { settings, sources }: GoodSettings): Promise<void> {
  const { migrate } = await import('../../ledger/migrate.ts')
  await migrate(url, sources.partitions === 'default' ? {} : { partitions: settings.partitions })
}

async function* examineDatabase({ url, embedded }: Place, settings: GoodSettings): AsyncGenerator<CheckResult, void, undefined> {
  let client: pg.Client
  try {
    if (embedded) await ensureLedger(url, settings)
    client = await connected(url)
  } catch (error) {
    yield unreachable(explainConnection(error, url))
    return
  }
  try {
    yield await checked('database', () => version(client, OLDEST_POSTGRES))
    yield await checked('connection', () => connection(client))
    const ledger = await checked('ledger', () => schema(client))
    yield ledger
    yield await checked('durability', () => durability(client))
    if (ledger.status !== 'fail') {
      yield await checked('roles', () => roles(client))
      yield await checked('guards', () => guards(client))
    }
    yield await checked('clock', () => clock(client))
    yield await checked('autovacuum', () => autovacuum(client))
    yield await checked('snapshots', () => snapshots(client))
    if (!embedded) yield await checked('backup', () => backup(client))
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'strata doctor',
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    statement_timeout: STATEMENT_WITHIN_MS,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

/** The sentence says what to do. */
function unreachable(error: unknown): CheckResult {
  return { check: 'database', status: 'fail', detail: error instanceof Error ? error.message : String(error) }
}
