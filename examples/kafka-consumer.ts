// Keeps the newest state of every trade, account and ticket in PostgreSQL, from the topics that the ledger publishes to Kafka: what comes twice is known again, what comes late is not taken for new, and what
// never came is fetched from the ledger. Offsets are committed after the database has what lies before them.
//
//   KAFKA_BROKERS=localhost:9092 COPY_DATABASE_URL=postgres://… node examples/kafka-consumer.ts [--url http://127.0.0.1:7480] [--prefix strata]
import { parseArgs } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { consume, kafkaTopics, ledgerHistory, openPostgresStore, repair, type Consumer } from 'strata-ledger/consumer'

const { values } = parseArgs({
  options: { url: { type: 'string', default: 'http://127.0.0.1:7480' }, prefix: { type: 'string', default: 'strata' } },
})
const { KAFKA_BROKERS: brokers, COPY_DATABASE_URL: database, TOKEN: token } = process.env
if (!brokers || !database) throw new Error('set KAFKA_BROKERS and COPY_DATABASE_URL')

const SAVE = `
  insert into entities as e select r ->> 'entityId', (r ->> 'version')::integer, r -> 'state' from jsonb_array_elements($1) r
  on conflict (entity_id) do update set version = excluded.version, state = excluded.state where e.version < excluded.version`
const REPAIR_EVERY_MS = 60_000

const pool = new pg.Pool({ connectionString: database, max: 4 })
await pool.query('create table if not exists entities (entity_id text primary key, version integer not null, state jsonb not null)')
const consumer: Consumer<pg.PoolClient> = {
  store: await openPostgresStore({ pool, schema: 'kafka_consumer' }),
  strategy: 'drop-stale',
  async handle(records, client) {
    // of each entity the newest: one statement must not write a row twice
    const newest = [...new Map(records.map((record) => [record.entityId, record])).values()]
    await client.query(SAVE, [JSON.stringify(newest.toSorted((a, b) => (a.entityId < b.entityId ? -1 : 1)))])
  },
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const mend = () => repair(consumer, ledgerHistory({ url: values.url, ...(token && { token }) })).catch(console.error)
const mending = setInterval(() => void mend(), REPAIR_EVERY_MS)

const kafka = new Kafka({ clientId: 'kafka-consumer', brokers: brokers.split(','), logLevel: logLevel.ERROR })
const topics = ['trade', 'account', 'ticket'].map((kind) => `${values.prefix}.${kind}`)
await consume(consumer, kafkaTopics({ kafka, groupId: `${values.prefix}-kafka-consumer`, topics }), { signal: stop.signal })
clearInterval(mending)
await pool.end()
