// For tests: a small ledger with something of everything, and all that is in it, row for row.
import type pg from 'pg'
import { openLedger } from './index.ts'
import { accountOf, addNote, deposit, openAccount, openTicket, transfer } from './works.testing.ts'

export const ALICE = { ticket: 'ticket:alice:T', account: accountOf('alice', 'USD'), world: accountOf('alice', 'world.USD') } as const
export const BOB = { account: accountOf('bob', 'USD') } as const

/** alice has a ticket at version 2 (position 2) and an account with 60 of its 100 left, bob has the other 40. */
export async function fill(url: string): Promise<void> {
  await using ledger = await openLedger({ url, lanes: 1, readConnections: 1 })
  await ledger.append(openTicket(ALICE.ticket, { key: 'open' }))
  await ledger.append(addNote(ALICE.ticket, { key: 'note' }))
  await ledger.append(openAccount(ALICE.account))
  await ledger.append(deposit(ALICE.account, '100'))
  await ledger.append(openAccount(BOB.account))
  await ledger.append(transfer(ALICE.account, BOB.account, '40'))
}

const TABLES = ['versions', 'partitions', 'migrations', 'migration_parts', 'kind_sql'] as const

export type Everything = Readonly<Record<(typeof TABLES)[number], readonly unknown[]>>

export async function everything(client: pg.Client): Promise<Everything> {
  const found: Record<string, readonly unknown[]> = {}
  for (const table of TABLES) {
    const { rows } = await client.query<{ row: unknown }>(`select to_jsonb(t) as row from ledger.${table} t order by to_jsonb(t)::text`)
    found[table] = rows.map(({ row }) => row)
  }
  return found as unknown as Everything
}

/** What a stored row would look like with something changed, inserted without going through append. */
export const INSERT = 'insert into ledger.versions select * from jsonb_populate_record(null::ledger.versions, $1::jsonb)'
export const TICKET_2 = `select to_jsonb(v) as row from ledger.versions v where v.entity_id = '${ALICE.ticket}' and v.version = 2`
