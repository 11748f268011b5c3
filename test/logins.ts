// Promises: login roles for a test's database, in the roles that are asked for, which are gone when it ends. Roles belong to the whole server, so their names are a test's own.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { TestDatabase } from './database.ts'

export interface Logins {
  /** A connection as a new login role, in these roles. */
  as(...roles: readonly string[]): Promise<pg.Client>
  /** The URL of a new login role, in these roles. */
  url(...roles: readonly string[]): Promise<string>
  /** A connection as superuser, who then becomes this role. */
  inRole(role: string): Promise<pg.Client>
  superuser(): Promise<pg.Client>
  /** Ends all connections and drops the roles. */
  close(): Promise<void>
}

export function logins({ adminUrl }: Pick<TestDatabase, 'adminUrl'>): Logins {
  const clients: pg.Client[] = []
  const names: string[] = []

  async function connect(url: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url, application_name: 'strata test' })
    await client.connect()
    clients.push(client)
    return client
  }
  const superuser = () => connect(adminUrl)

  async function newLogin(...roles: readonly string[]): Promise<string> {
    const admin = await superuser()
    const name = `strata_test_login_${randomUUID().slice(0, 8)}`
    const password = randomUUID()
    await admin.query(`create role ${name} login password '${password}'`)
    names.push(name)
    for (const role of roles) await admin.query(`grant ${role} to ${name}`)
    const url = new URL(adminUrl)
    url.username = name
    url.password = password
    return url.href
  }

  return {
    superuser,
    url: newLogin,
    as: async (...roles) => connect(await newLogin(...roles)),
    async inRole(role) {
      const client = await superuser()
      await client.query(`set role ${role}`)
      return client
    },
    async close() {
      for (const client of clients.splice(0)) await client.end()
      const admin = new pg.Client(adminUrl)
      await admin.connect()
      for (const name of names) await admin.query(`reassign owned by ${name} to current_user; drop owned by ${name}; drop role ${name}`)
      await admin.end()
    },
  }
}
