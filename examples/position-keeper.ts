// Keeps what every owner has of every instrument, in a PostgreSQL database of its own, from the executions of the feed: a bust takes its execution back. Each is added once, in the order of its trade, however often
// this is killed: what is added, and that it was, become durable in one transaction.
//
//   KEEPER_DATABASE_URL=postgres://… node examples/position-keeper.ts [--url http://127.0.0.1:7480] [--once]        TOKEN=… where the server wants one
import { parseArgs } from 'node:util'
import pg from 'pg'
import { consume, feedPages, openPostgresStore, type VersionRecord } from 'strata-ledger/consumer'

const { values } = parseArgs({
  options: { url: { type: 'string', default: 'http://127.0.0.1:7480' }, once: { type: 'boolean', default: false } },
})
const { KEEPER_DATABASE_URL: database, TOKEN: token } = process.env
if (!database) throw new Error('set KEEPER_DATABASE_URL to a database of the keeper, e.g. postgres://user:password@localhost/positions')

interface Execution {
  readonly executionId: string
  readonly quantity: string
  readonly price: string
}

interface Trade {
  readonly owner: string
  readonly instrument: string
  readonly currency: string
  readonly side: 'buy' | 'sell'
  readonly executions: readonly Execution[]
}

const TABLE = `
  create table if not exists positions (
    owner text, instrument text, currency text, quantity numeric not null, cost numeric not null, executions integer not null,
    primary key (owner, instrument, currency))`
const ADD = `
  insert into positions as p
  select owner, instrument, currency, sum(sign * quantity), sum(sign * quantity * price), sum(counts)
  from jsonb_to_recordset($1) as e(owner text, instrument text, currency text, sign integer, quantity numeric, price numeric, counts integer)
  group by owner, instrument, currency order by owner, instrument, currency
  on conflict (owner, instrument, currency) do update
  set quantity = p.quantity + excluded.quantity, cost = p.cost + excluded.cost, executions = p.executions + excluded.executions`

/** What a version adds to a position: nothing, an execution, or one less. */
function movementsOf({ event, data, state }: VersionRecord) {
  if (event !== 'ExecutionRecorded' && event !== 'ExecutionBusted') return []
  const { owner, instrument, currency, side, executions } = state as unknown as Trade
  const execution = executions.find(({ executionId }) => executionId === data['executionId'])
  if (!execution) throw new Error(`the trade lacks its execution ${String(data['executionId'])}`)
  const counts = event === 'ExecutionRecorded' ? 1 : -1
  const sign = side === 'buy' ? counts : -counts
  return [{ owner, instrument, currency, sign, quantity: execution.quantity, price: execution.price, counts }]
}

const pool = new pg.Pool({ connectionString: database, max: 2 })
await pool.query(TABLE)
const store = await openPostgresStore({ pool })
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

await consume(
  {
    store,
    strategy: 'contiguous',
    async handle(records, client) {
      const movements = records.flatMap(movementsOf)
      if (movements.length > 0) await client.query(ADD, [JSON.stringify(movements)])
    },
  },
  feedPages({ url: values.url, kinds: ['trade'], follow: !values.once, ...(token && { token }) }),
  { signal: stop.signal },
)
await pool.end()
