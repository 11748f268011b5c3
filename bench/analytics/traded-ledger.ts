// A large ledger of trades that were executed, and of tickets that were worked on, fast: rows as append would have written them, put in by one statement each with the guards off, as only a superuser can.
import pg from 'pg'

export const OWNERS = 50
export const INSTRUMENTS = 20
export const ownerOf = (n: number): string => `desk${n % OWNERS}`

/** Of ten versions, eight are of trades (each submitted, then filled) and two of tickets (each opened, then closed). From 2025-01-01 on, some seconds apart, over most of a year. */
export async function fillTraded(url: string, versions: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('set session_replication_role = replica')
    for (const [entities, states] of [
      [(versions * 4) / 10, TRADES],
      [versions / 10, TICKETS],
    ] as const)
      await client.query(`${states} ${INSERT}`, [entities, OWNERS, ...(states === TRADES ? [INSTRUMENTS] : [])])
    await client.query('vacuum analyze ledger.versions')
  } finally {
    await client.end()
  }
}

// Positions go on behind those that are there; times rise with them.
const INSERT = `
  insert into ledger.versions (position, recorded_at, effective_at, partition, version, command_seq, command_size, schema_version, latest, entity_id, kind, event, command_scope, command_id,
    command_hash, actor, correlation_id, data, state)
  select coalesce(h.position, 0) + row_number() over (partition by o.partition order by v, e), t.at, t.at, o.partition, v, 0, 1, 1, v = 2, r.kind || ':' || o.owner || ':' || r.local, r.kind, r.event,
    o.owner, r.event || '-' || e, decode(repeat('00', 32), 'hex'), 'bench', r.event || '-' || e, r.data, r.state
  from rows r
  join (select n, 'desk' || n as owner, ledger.partition_of('trade:desk' || n || ':T') as partition from generate_series(0, $2::integer - 1) n) o on o.n = e % $2::integer
  left join lateral (select max(position) as position, max(recorded_at) as at from ledger.versions l where l.partition = o.partition) h on true
  cross join lateral (select coalesce(h.at, '2025-01-01'::timestamptz) + ((v - 1) * $1::bigint + e + 1) * (interval '200 days' / (2 * $1::bigint)) as at) t`

const TRADES = `
  with drawn as (
    select e, v, 'desk' || (e % $2::integer) as owner, 'I' || ((e / $2::integer) % $3::integer) as instrument, case when hashint4(e) % 2 = 0 then 'buy' else 'sell' end as side,
      (10 + abs(hashint4(e + 1)) % 90)::text as quantity, (100 + (abs(hashint4(e + 2)) % 1000) / 100.0)::numeric(10, 2) as price, 'S' || abs(hashint4(e + 3)) % 4 as strategy,
      'V' || abs(hashint4(e + 4)) % 4 as venue, abs(hashint4(e + 5)) % 50 as latency
    from generate_series(0, $1::integer - 1) e cross join generate_series(1, 2) v
  ), priced as (
    select *, trim_scale(price)::text as at, trim_scale(price - 0.01)::text as expected from drawn
  ), made as (
    select *,
      jsonb_build_object('owner', owner, 'instrument', instrument, 'side', side, 'quantity', quantity, 'price', at, 'currency', 'USD', 'strategy', strategy) as submitted,
      jsonb_build_object('executionId', 'E', 'quantity', quantity, 'price', at, 'commission', '0.35', 'venue', venue, 'latencyMs', latency, 'expectedPrice', expected) as execution
    from priced
  ), rows as (
    select e, v, 'trade' as kind, 'T-' || e as local, case v when 1 then 'TradeSubmitted' else 'ExecutionRecorded' end as event, case v when 1 then submitted else execution end as data,
      submitted || jsonb_build_object('confirmation', 'unmatched', 'held', '0') || case v
        when 1 then jsonb_build_object('status', 'open', 'executedQuantity', '0', 'remainingQuantity', quantity, 'commission', '0', 'executions', '[]'::jsonb)
        else jsonb_build_object('status', 'filled', 'executedQuantity', quantity, 'remainingQuantity', '0', 'averagePrice', at, 'commission', '0.35',
          'executions', jsonb_build_array(execution || jsonb_build_object('slippage', case side when 'buy' then '0.01' else '-0.01' end))) end as state
    from made
  )`

const TICKETS = `
  with rows as (
    select e, v, 'ticket' as kind, e::text as local, case v when 1 then 'TicketOpened' else 'TicketClosed' end as event,
      case v when 1 then jsonb_build_object('owner', 'desk' || (e % $2::integer), 'subject', 'a subject', 'priority', 'p' || e % 3) else '{}'::jsonb end as data,
      jsonb_build_object('owner', 'desk' || (e % $2::integer), 'subject', 'a subject', 'priority', 'p' || e % 3, 'status', case v when 1 then 'open' else 'closed' end, 'fields', '{}'::jsonb, 'noteCount', 0) as state
    from generate_series(0, $1::integer - 1) e cross join generate_series(1, 2) v
  )`
