// Changes a ledger's schema while servers work on it. A lock is waited for only a moment, since whoever comes after the one that waits waits too; then they go on, and it is tried again.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { isTransient } from '../failure.ts'
import { isIndex, type IndexPart, type Step } from './step.ts'

/** The longest that a change of the schema waits for a lock, and so has writers wait behind it. */
export const SCHEMA_LOCK_TIMEOUT_MS = 100
/** Between two tries, at first and at most: in it, whoever waited catches up. */
const PAUSE_MS = { first: 250, most: 2_000 }
/** For one change to get its lock. */
export const SCHEMA_LOCK_WITHIN_MS = 600_000

export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused'
}

/** A line for whoever waits. */
export type Say = (line: string) => void

/** The work in a transaction, as often as it takes to get its locks. */
export const inTransaction = <Result>(client: pg.Client, work: () => Promise<Result>, say: Say): Promise<Result> =>
  untilLocked(client, say, async () => {
    await client.query(`begin; set local lock_timeout = ${SCHEMA_LOCK_TIMEOUT_MS}`)
    try {
      const result = await work()
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(() => {})
      throw error
    }
  })

async function untilLocked<Result>(client: pg.Client, say: Say, attempt: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + SCHEMA_LOCK_WITHIN_MS
  let told = ''
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isTransient(error)) throw error
      const waiting = `a lock is waited for: ${await inTheWay(client)}`
      if (Date.now() > deadline) throw new MigrationRefused(`${waiting}; run it again when that has ended`, { cause: error })
      if (waiting !== told) say(waiting)
      told = waiting
      await sleep(Math.min(PAUSE_MS.most, PAUSE_MS.first * tries))
    }
  }
}

/** Who has held a lock on a table of the ledger for longer than a batch does. */
async function inTheWay(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ who: string }>(
    `select distinct format('pid %s (%s), in a transaction since %s', a.pid, coalesce(nullif(a.application_name, ''), a.backend_type), date_trunc('second', a.xact_start)) as who
     from pg_locks l join pg_class c on c.oid = l.relation join pg_stat_activity a on a.pid = l.pid
     where c.relnamespace = 'ledger'::regnamespace and l.database = (select d.oid from pg_database d where d.datname = current_database()) and l.granted
       and a.pid <> pg_backend_pid() and a.xact_start < clock_timestamp() - interval '1 second'
     order by 1 limit 5`,
  )
  return rows.length > 0 ? rows.map(({ who }) => who).join(', ') : 'the ledger is busy'
}

/** Brings a ledger to the step's version. What is done already is left: a part is recorded when it is, the version when all are. */
export async function applyStep(client: pg.Client, step: Step, say: Say): Promise<void> {
  const { rows } = await client.query<{ part: number }>('select part from ledger.migration_parts where version = $1', [step.version])
  for (const [n, part] of step.parts.entries()) {
    if (rows.some((row) => row.part === n)) continue
    say(
      `schema ${step.version}: ${isIndex(part) ? `builds the index ${part.index}` : 'changes definitions'} (${n + 1} of ${step.parts.length})`,
    )
    if (isIndex(part)) await untilLocked(client, say, () => buildIndex(client, part))
    await inTransaction(
      client,
      async () => {
        if (!isIndex(part)) await asAppend(client, part.sql)
        await client.query('insert into ledger.migration_parts (version, part) values ($1, $2)', [step.version, n])
      },
      say,
    )
  }
  await client.query('insert into ledger.migrations (version, oldest_program) values ($1, $2)', [step.version, step.oldestProgram])
}

/** One that is not valid was being built by somebody who was interrupted. */
async function buildIndex(client: pg.Client, { index, sql }: IndexPart): Promise<void> {
  const name = `ledger.${client.escapeIdentifier(index)}`
  const { rows } = await client.query<{ valid: boolean }>(
    'select i.indisvalid as valid from pg_index i where i.indexrelid = to_regclass($1)',
    [name],
  )
  if (rows[0]?.valid) return
  if (rows[0]) await client.query(`drop index concurrently ${name}`)
  await client.query(sql)
}

/** With the rights of strata_append, whose functions can then be replaced; they end with the transaction. */
async function asAppend(client: pg.Client, sql: string): Promise<void> {
  const { rows } = await client.query<{ superuser: boolean; name: string }>(
    'select r.rolsuper as superuser, r.rolname as name from pg_roles r where r.rolname = current_user',
  )
  const [user] = rows
  if (!user || user.superuser) return void (await client.query(sql))
  const name = client.escapeIdentifier(user.name)
  await client.query(`grant strata_append to ${name}`)
  await client.query(sql)
  await client.query(`revoke strata_append from ${name}`)
}
