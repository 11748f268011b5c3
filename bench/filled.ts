// Large ledgers, fast: rows as append would have written them (places dense, times rising, one latest each), put in by one statement with the guards off, as only a superuser can.
import pg from 'pg'
import { OWNERS } from './commands.ts'

export interface Filling {
  readonly entities: number
  readonly versionsEach: number
}

/** Trades `trade:fill-oN:T-n`, all at version 1, then all at version 2, and so on, a millisecond apart, from FILLED_FROM on. */
export async function fill(url: string, { entities, versionsEach }: Filling): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('set session_replication_role = replica')
    await client.query(FILL, [entities, versionsEach, OWNERS, FILLED_FROM])
    await client.query('vacuum analyze ledger.versions')
  } finally {
    await client.end()
  }
}

export const FILLED_FROM = '2026-01-01T00:00:00.000000Z'
export const filledTrade = (n: number): string => `trade:fill-o${n % OWNERS}:T-${n}`

const FILL = `
  insert into ledger.versions (position, recorded_at, effective_at, partition, version, command_seq, command_size, schema_version, latest, entity_id, kind, event, command_scope, command_id,
    command_hash, actor, correlation_id, data, state)
  select row_number() over (partition by o.partition order by v, e), t.at, t.at, o.partition, v, 0, 1, 1, v = $2::integer, 'trade:' || o.owner || ':T-' || e, 'trade',
    case v when 1 then 'TradeSubmitted' else 'TradeAmended' end, o.owner, 'fill-' || v || '-' || e, decode(repeat('00', 32), 'hex'), 'bench', 'fill-' || v || '-' || e,
    case v when 1 then jsonb_build_object('owner', o.owner, 'instrument', 'AAPL', 'side', 'buy', 'quantity', '100', 'price', '1', 'currency', 'USD') else jsonb_build_object('price', v::text) end,
    jsonb_build_object('owner', o.owner, 'instrument', 'AAPL', 'side', 'buy', 'quantity', '100', 'price', v::text, 'currency', 'USD', 'status', 'open', 'confirmation', 'unmatched',
      'executedQuantity', '0', 'remainingQuantity', '100', 'commission', '0', 'executions', '[]'::jsonb, 'held', '0')
  from generate_series(0, $1::integer - 1) e
  cross join generate_series(1, $2::integer) v
  join (select n, 'fill-o' || n as owner, ledger.partition_of('trade:fill-o' || n || ':T') as partition from generate_series(0, $3::integer - 1) n) o on o.n = e % $3::integer
  cross join lateral (select $4::timestamptz + ((v - 1) * $1::bigint + e) * interval '1 millisecond' as at) t`
