// For tests: what is true of every ledger at any moment, asked in plain SQL of our own and not through the code under test.
import assert from 'node:assert/strict'
import type { Pool } from 'pg'

const CHECKS: Readonly<Record<string, string>> = {
  'versions have no gap': `
    select entity_id from ledger.versions group by entity_id having min(version) <> 1 or max(version) <> count(*)`,
  'exactly the newest version is latest': `
    select entity_id from ledger.versions group by entity_id
    having count(*) filter (where latest) <> 1 or max(version) filter (where latest) <> max(version)`,
  'positions have no gap': `
    select partition from ledger.versions group by partition having min(position) <> 1 or max(position) <> count(*) or count(distinct position) <> count(*)`,
  'recorded times rise from unit to unit in the order of positions': `
    select * from (
      select position, command_id, recorded_at, lag(recorded_at) over w as before from ledger.versions window w as (partition by partition order by position)
    ) v where recorded_at < before`,
  'a command has one instant, all its rows, and their places': `
    select command_scope, command_id from ledger.versions group by command_scope, command_id
    having count(distinct recorded_at) <> 1 or count(*) <> max(command_size) or count(distinct command_seq) <> count(*) or max(command_seq) <> count(*) - 1`,
  'the places of a command are those of its rows': `
    select command_scope, command_id from ledger.versions f left join (
      select o.command_scope, o.command_id, array_agg(place order by o.command_seq, half) as places
      from ledger.versions o, lateral (values (0, o.partition::bigint), (1, o.position)) p(half, place) where o.command_seq > 0 group by 1, 2
    ) others using (command_scope, command_id)
    where f.command_seq = 0 and coalesce(f.command_places, '{}') <> coalesce(others.places, '{}')`,
  'postings sum to zero': `select * from ledger.trial_balance where total <> 0`,
  'balances are the sums of their postings': `
    select entity_id from ledger.versions where kind = 'account' group by entity_id
    having coalesce(sum((data ->> 'posting')::numeric), 0) <> max((state ->> 'balance')::numeric) filter (where latest)`,
}

/** Any two units of a partition have different instants; needs to know which commands made one unit, so it is for ledgers whose units are single commands. */
const DISTINCT_INSTANTS = `
  select partition, recorded_at from ledger.versions group by partition, recorded_at having count(distinct (command_scope, command_id)) > 1`

export async function assertSound(database: Pool, { unitsAreCommands = true } = {}): Promise<void> {
  const checks = { ...CHECKS, ...(unitsAreCommands && { 'units have instants of their own': DISTINCT_INSTANTS }) }
  for (const [promise, broken] of Object.entries(checks)) {
    const { rows } = await database.query<Record<string, unknown>>(`${broken} limit 5`)
    assert.deepEqual(rows, [], promise)
  }
}
