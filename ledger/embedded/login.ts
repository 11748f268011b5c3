// Promises: a login of the embedded server that is no superuser's: the role `strata`, member of one role of the ledger's, with a random password in a file beside the cluster's own.
// The ledger's program works as this one; only the lease and migrations are the superuser's.

import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { randomPassword } from './cluster.ts'
import { giveTo, type Owner } from './owner.ts'

const LOGIN = 'strata'
const FILE = 'strata.login'
const LOCK = 7480_0003

const FOUND = `
  select r.rolcanlogin and pg_has_role(r.oid, $2, 'member') as good from pg_roles r where r.rolname = $1`

/** The URL for the login, which is made where it is not there. `memberOf` is a role that is there. */
export async function ensureLogin(superuserUrl: string, cluster: string, owner: Owner, memberOf: string): Promise<string> {
  const client = new pg.Client({ connectionString: superuserUrl, application_name: 'strata login' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]) // until the connection ends
    const known = await readFile(join(cluster, FILE), 'utf8').catch(() => undefined)
    const { rows } = await client.query<{ good: boolean }>(FOUND, [LOGIN, memberOf])
    const password = known ?? (await newPassword(cluster, owner))
    if (known === undefined || rows[0]?.good !== true) {
      if (rows.length === 0) await client.query(`create role ${LOGIN}`)
      await client.query(`alter role ${LOGIN} login nosuperuser nocreatedb nocreaterole password ${client.escapeLiteral(password)}`)
      await client.query(`grant ${client.escapeIdentifier(memberOf)} to ${LOGIN}`)
    }
    const url = new URL(superuserUrl)
    url.username = LOGIN
    url.password = password
    return url.href
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Whole, or not there. */
async function newPassword(cluster: string, owner: Owner): Promise<string> {
  const password = randomPassword()
  const unfinished = join(cluster, `${FILE}.${process.pid}`)
  await writeFile(unfinished, password, { mode: 0o600 })
  await giveTo(owner, unfinished)
  await rename(unfinished, join(cluster, FILE))
  return password
}
