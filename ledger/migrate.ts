// Brings a database to this program's schema: schema.sql for a new ledger, then each kind's own SQL where it changed. One transaction under an advisory lock, so it is safe to run twice
// and from two processes at once; a ledger that is newer than this program is refused.
import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { kinds } from './entities/index.ts'

export const SCHEMA_VERSION = 1
export const DEFAULT_PARTITIONS = 16
export const MAX_PARTITIONS = 256
const SCHEMA_SQL = new URL('../schema.sql', import.meta.url)
/** Any fixed number does, as long as nobody else uses it: the letters of "strata". */
const ADVISORY_LOCK = 0x737472617461n

export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused'
}

export interface MigrateOptions {
  /** For a new ledger (default 16). For one that exists: must be what it was created with. */
  readonly partitions?: number
  /** Only say what would be done. */
  readonly plan?: boolean
}

export interface Migration {
  /** What was applied, or would be, in order: `schema 1`, `kind account`. Empty: nothing to do. */
  readonly steps: readonly string[]
  readonly schemaVersion: number
  readonly partitions: number
}

/** Throws MigrationRefused with a sentence that says what to do, or what pg throws. */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<Migration> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'strata migrate' })
  await client.connect()
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK.toString()])
    const result = await apply(client, options)
    await client.query(options.plan ? 'rollback' : 'commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  } finally {
    await client.end()
  }
}

async function apply(client: pg.Client, { partitions }: MigrateOptions): Promise<Migration> {
  const steps: string[] = []
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions >= 1 && partitions <= MAX_PARTITIONS)) {
    throw new MigrationRefused(`a ledger has 1 to ${MAX_PARTITIONS} partitions, not ${partitions}`)
  }
  const existing = await schemaVersion(client)
  if (existing === undefined) {
    await client.query(`set local strata.partitions = ${partitions ?? DEFAULT_PARTITIONS}`)
    await client.query(await readFile(SCHEMA_SQL, 'utf8'))
    steps.push(`schema ${SCHEMA_VERSION}`)
  } else if (existing > SCHEMA_VERSION) {
    throw new MigrationRefused(
      `the ledger has schema version ${existing}, and this program knows ${SCHEMA_VERSION} at most: it is older than the ledger, upgrade the program`,
    )
  }
  const { rows } = await client.query<{ count: string }>('select count(*) as count from ledger.partitions')
  const actual = Number(rows[0]?.count)
  if (partitions !== undefined && partitions !== actual) {
    throw new MigrationRefused(
      `the ledger was created with ${actual} partitions, which can not change; STRATA_PARTITIONS says ${partitions}`,
    )
  }
  for (const kind of Object.values(kinds)) if (kind.sql && (await applyKind(client, kind.kind, kind.sql))) steps.push(`kind ${kind.kind}`)
  return { steps, schemaVersion: SCHEMA_VERSION, partitions: actual }
}

/** The version of the ledger in a database, or undefined where there is none. */
export async function schemaVersion(client: pg.Client | pg.Pool): Promise<number | undefined> {
  const { rows: found } = await client.query<{ there: boolean }>("select to_regclass('ledger.migrations') is not null as there")
  if (!found[0]?.there) return undefined
  const { rows } = await client.query<{ version: number }>('select max(version) as version from ledger.migrations')
  return rows[0]?.version
}

/** What `migrate` would have to do, found by reading alone: no locks, no rights needed. Empty: the ledger is this program's, or newer. */
export async function pendingSteps(client: pg.Client | pg.Pool): Promise<readonly string[]> {
  const existing = await schemaVersion(client)
  if (existing === undefined) return [`schema ${SCHEMA_VERSION}`]
  if (existing > SCHEMA_VERSION) return []
  const steps: string[] = []
  for (const { kind, sql } of Object.values(kinds))
    if (sql && !(await isApplied(client, kind, await readFile(sql, 'utf8')))) steps.push(`kind ${kind}`)
  return steps
}

async function isApplied(client: pg.Client | pg.Pool, kind: string, sql: string): Promise<boolean> {
  const { rows } = await client.query<{ sha256: string }>('select sha256 from ledger.kind_sql where kind = $1', [kind])
  return rows[0]?.sha256 === hash('sha256', sql)
}

async function applyKind(client: pg.Client, kind: string, file: URL): Promise<boolean> {
  const sql = await readFile(file, 'utf8')
  if (await isApplied(client, kind, sql)) return false
  await client.query(sql)
  await client.query(
    'insert into ledger.kind_sql (kind, sha256) values ($1, $2) on conflict (kind) do update set sha256 = excluded.sha256, applied_at = clock_timestamp()',
    [kind, hash('sha256', sql)],
  )
  return true
}
