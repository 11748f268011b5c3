// Brings a database to this program's schema: schema.sql for a new ledger; for one that exists, the steps that it lacks, and each kind's own SQL where it changed. Servers may work on it
// meanwhile. It is safe to run twice, from two processes at once, and again after it was interrupted. A ledger that is newer is left as it is.
import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { kinds } from './entities/index.ts'
import { applyStep, inTransaction, MigrationRefused, type Say } from './migrations/apply.ts'
import { steps as ownSteps, type Step } from './migrations/index.ts'
import { ledgerSchema, misfit, versionOf, type LedgerSchema } from './schema-version.ts'

export { MigrationRefused }

export const DEFAULT_PARTITIONS = 16
export const MAX_PARTITIONS = 256
const SCHEMA_SQL = new URL('../schema.sql', import.meta.url)
/** Any fixed number does, as long as nobody else uses it: the letters of "strata". */
const ADVISORY_LOCK = 0x737472617461n
const TURN_POLL_MS = 100

export interface MigrateOptions {
  /** For a new ledger (default 16). For one that exists: must be what it was created with. */
  readonly partitions?: number
  /** Only say what would be done. */
  readonly plan?: boolean
  /** Told what is going on, where it takes a while. */
  readonly onProgress?: Say
  /** Those that the program knows; the tests' own. */
  readonly steps?: readonly Step[]
}

export interface Migration {
  /** What was applied, or would be, in order: `schema 1`, `schema 2: its name`, `kind account`. Empty: nothing to do. */
  readonly steps: readonly string[]
  readonly schemaVersion: number
  readonly partitions: number
}

/** Throws MigrationRefused with a sentence that says what to do, or what pg throws. */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<Migration> {
  const { partitions, plan, steps = ownSteps } = options
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions >= 1 && partitions <= MAX_PARTITIONS))
    throw new MigrationRefused(`a ledger has 1 to ${MAX_PARTITIONS} partitions, not ${partitions}`)
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'strata migrate',
    keepAlive: true,
    // An index takes as long as it takes.
    options: '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0',
  })
  client.on('error', () => {}) // what is asked next throws
  await client.connect()
  try {
    return await (plan ? planned(client, partitions, steps) : migrated(client, options, steps))
  } finally {
    await client.end()
  }
}

async function planned(client: pg.Client, partitions: number | undefined, steps: readonly Step[]): Promise<Migration> {
  const schema = await accepted(client, partitions, steps)
  return {
    steps: await pendingSteps(client, steps),
    schemaVersion: Math.max(schema?.version ?? 0, versionOf(steps)),
    partitions: schema?.partitions ?? partitions ?? DEFAULT_PARTITIONS,
  }
}

async function migrated(
  client: pg.Client,
  { partitions, onProgress = () => {} }: MigrateOptions,
  steps: readonly Step[],
): Promise<Migration> {
  await ownTurn(client, onProgress)
  const applied: string[] = []
  if ((await accepted(client, partitions, steps)) === undefined)
    applied.push(await create(client, partitions ?? DEFAULT_PARTITIONS, onProgress))
  for (const step of await missing(client, steps)) {
    await assertStopped(client, step)
    await applyStep(client, step, onProgress)
    applied.push(labelOf(step))
  }
  for (const kind of await changedKinds(client, steps)) {
    await inTransaction(client, () => applyKind(client, kind), onProgress)
    applied.push(`kind ${kind.kind}`)
  }
  const schema = await accepted(client, partitions, steps)
  if (schema === undefined) throw new Error('the ledger that was made is not there')
  return { steps: applied, schemaVersion: schema.version, partitions: schema.partitions }
}

/** One process at a time. Asked again and again, since a statement that waits holds a snapshot, which whoever builds an index would wait for. */
async function ownTurn(client: pg.Client, say: Say): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [ADVISORY_LOCK.toString()])
    if (rows[0]?.mine) return
    if (tries === 10) say('another process migrates this ledger: waiting for it')
    await sleep(TURN_POLL_MS)
  }
}

/** The ledger as it is, if there is one and it may be migrated to what was asked. */
async function accepted(
  client: pg.Client,
  partitions: number | undefined,
  steps: readonly Step[],
): Promise<(LedgerSchema & { readonly partitions: number }) | undefined> {
  const schema = await ledgerSchema(client)
  if (schema === undefined) return undefined
  const program = versionOf(steps)
  if (schema.version > program) {
    const refused = misfit(schema, program)
    if (refused !== undefined) throw new MigrationRefused(refused)
  }
  const { rows } = await client.query<{ count: string }>('select count(*) as count from ledger.partitions')
  const actual = Number(rows[0]?.count)
  if (partitions !== undefined && partitions !== actual)
    throw new MigrationRefused(
      `the ledger was created with ${actual} partitions, which can not change; STRATA_PARTITIONS says ${partitions}`,
    )
  return { ...schema, partitions: actual }
}

const labelOf = ({ version, name }: Step): string => `schema ${version}: ${name}`

async function create(client: pg.Client, partitions: number, say: Say): Promise<string> {
  const sql = await readFile(SCHEMA_SQL, 'utf8')
  await inTransaction(
    client,
    async () => {
      await client.query(`set local strata.partitions = ${partitions}`)
      await client.query(sql)
    },
    say,
  )
  return `schema ${(await ledgerSchema(client))?.version}`
}

async function missing(client: pg.Client | pg.Pool, steps: readonly Step[]): Promise<readonly Step[]> {
  const version = (await ledgerSchema(client))?.version ?? 0
  return steps.filter((step) => step.version > version)
}

/** A step that the servers of now do not survive is not taken under them. One that has been idle for a while has no connection, and is not seen. */
async function assertStopped(client: pg.Client, { version, oldestProgram }: Step): Promise<void> {
  if (oldestProgram < version) return
  const { rows } = await client.query<{ count: string }>(
    `select count(*) as count from pg_stat_activity where datname = current_database() and application_name in ('strata append', 'strata read', 'strata news')`,
  )
  if (Number(rows[0]?.count) > 0)
    throw new MigrationRefused(
      `older servers do not work with schema version ${version}, and some have ${rows[0]?.count} connections to the ledger: stop them first`,
    )
}

/** What `migrate` would have to do, found by reading alone: no locks, no rights needed. Empty: the ledger is this program's, or newer. */
export async function pendingSteps(client: pg.Client | pg.Pool, steps: readonly Step[] = ownSteps): Promise<readonly string[]> {
  const schema = await ledgerSchema(client)
  const kindsWithSql = schema === undefined ? Object.values(kinds).filter(({ sql }) => sql) : await changedKinds(client, steps)
  return [
    ...(schema === undefined ? [`schema ${versionOf(steps)}`] : (await missing(client, steps)).map(labelOf)),
    ...kindsWithSql.map(({ kind }) => `kind ${kind}`),
  ]
}

interface KindSql {
  readonly kind: string
  readonly text: string
  readonly sha256: string
}

/** The kinds whose SQL is not what was applied last. In a ledger that is newer than the program it is the newer program's: none. */
async function changedKinds(client: pg.Client | pg.Pool, steps: readonly Step[]): Promise<readonly KindSql[]> {
  if (((await ledgerSchema(client))?.version ?? 0) > versionOf(steps)) return []
  const { rows } = await client.query<{ kind: string; sha256: string }>('select kind, sha256 from ledger.kind_sql')
  const changed: KindSql[] = []
  for (const { kind, sql } of Object.values(kinds)) {
    if (!sql) continue
    const text = await readFile(sql, 'utf8')
    const sha256 = hash('sha256', text)
    if (!rows.some((row) => row.kind === kind && row.sha256 === sha256)) changed.push({ kind, text, sha256 })
  }
  return changed
}

async function applyKind(client: pg.Client, { kind, text, sha256 }: KindSql): Promise<void> {
  await client.query(text)
  await client.query(
    'insert into ledger.kind_sql (kind, sha256) values ($1, $2) on conflict (kind) do update set sha256 = excluded.sha256, applied_at = clock_timestamp()',
    [kind, sha256],
  )
}
