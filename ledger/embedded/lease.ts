// Promises: while a lease is held, no other process stops the embedded server; whoever gives back the last one stops it.
// A lease is an open connection with a shared advisory lock; to stop the server takes the same lock alone. So a process that starts just while
// the last one leaves waits at the lock, and either gets a server that stays, or sees it go and starts it again.

import pg from 'pg'
import { SUPERUSER } from './cluster.ts'

const LOCK = 7480_0001
const CONNECT_WITHIN_MS = 10_000
/** How long connections that have just been closed may take to vanish from the server's list. */
const LEAVING_WITHIN_MS = 1_000
export const DATABASE = 'strata'

export type Lease = Readonly<{
  /** Settles when the connection is gone, for whatever reason. */
  ended: Promise<void>
  /** Gives the lease back. If nobody else is there, calls `stop` while newcomers wait. */
  giveBack(stop: () => Promise<void>): Promise<void>
  close(): Promise<void>
}>

/** A lease, or undefined if the server does not take connections just now (starting, stopping, gone). */
export async function tryLease(port: number, password: string): Promise<Lease | undefined> {
  try {
    return await openLease(port, password)
  } catch (error) {
    if (codeOf(error) === '3D000') return await createDatabase(port, password).then(() => openLease(port, password))
    if (isPassing(error)) return undefined
    throw error
  }
}

export function urlOf(port: number, password: string, database: string = DATABASE): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
}

/** The types leave out what the client has. */
type Client = pg.Client & { ref(): void; unref(): void }

async function connect(port: number, password: string, database: string): Promise<Client> {
  const client = new pg.Client({
    connectionString: urlOf(port, password, database),
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    application_name: 'strata lease',
    keepAlive: true,
  }) as Client
  client.on('error', () => undefined) // 'end' follows
  await client.connect()
  return client
}

async function openLease(port: number, password: string): Promise<Lease> {
  const client = await connect(port, password, DATABASE)
  const ended = new Promise<void>((done) => client.once('end', () => done()))
  await client.query('select pg_advisory_lock_shared($1)', [LOCK]).catch(async (error: unknown) => {
    await client.end().catch(() => undefined)
    throw error
  })
  client.unref() // holding a server must not hold the process
  return {
    ended,
    async giveBack(stop) {
      client.ref()
      try {
        if (await isLast(client)) await stop()
      } catch (error) {
        if (!isPassing(error)) throw error // gone already: nothing to give back
      } finally {
        await client.end().catch(() => undefined)
      }
    },
    async close() {
      client.ref()
      await client.end().catch(() => undefined)
    },
  }
}

async function isLast(client: pg.Client): Promise<boolean> {
  await client.query('select pg_advisory_unlock_shared($1)', [LOCK])
  const { rows } = await client.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [LOCK])
  if (rows[0]?.alone !== true) return false
  for (const deadline = Date.now() + LEAVING_WITHIN_MS; ;) {
    const { rows: seen } = await client.query<{ others: boolean; newcomers: boolean }>(OTHERS)
    if (seen[0]?.others === false) return true
    if (seen[0]?.newcomers === true || Date.now() > deadline) return false
    await new Promise((next) => setTimeout(next, 20))
  }
}

const OTHERS = `
  select count(*) > 0 as others,
         coalesce(bool_or(wait_event_type = 'Lock' and application_name = 'strata lease'), false) as newcomers
    from pg_stat_activity
   where backend_type in ('client backend', 'walsender') and pid <> pg_backend_pid()`

async function createDatabase(port: number, password: string): Promise<void> {
  const client = await connect(port, password, 'postgres')
  try {
    await client.query(`create database ${DATABASE}`)
  } catch (error) {
    if (codeOf(error) !== '42P04' && codeOf(error) !== '23505') throw error // another process has just made it
  } finally {
    await client.end()
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

const PASSING = new Set(['57P01', '57P02', '57P03', '53300', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return PASSING.has(codeOf(error) ?? '') || /connection terminated|timeout expired|not queryable|client was closed/i.test(error.message)
}
