// Promises: a copy of a ledger's versions in a database of its own, kept by the consumer kit from the topics of the relay: a row for each version that the consumer was handed, in the order of that;
// and whether it is the ledger, row for row.
import assert from 'node:assert/strict'
import pg from 'pg'
import { kinds } from '../../ledger/entities/index.ts'
import {
  consume,
  kafkaTopics,
  openPostgresStore,
  type Consumer,
  type Source,
  type Store,
  type VersionRecord,
} from '../../projections/consumer/index.ts'
import { testKafka } from '../kafka.ts'

/** All of a version but `latest`, which changes, and what the ledger keeps of its command for itself. */
const COLUMNS = {
  partition: 'integer',
  position: 'bigint',
  entity_id: 'text collate "C"',
  version: 'integer',
  kind: 'text',
  event: 'text',
  data: 'jsonb',
  state: 'jsonb',
  recorded_at: 'timestamptz',
  effective_at: 'timestamptz',
  command_scope: 'text',
  command_id: 'text',
  command_seq: 'integer',
  command_size: 'integer',
  actor: 'text',
  correlation_id: 'text',
  causation_id: 'text',
  schema_version: 'smallint',
}
const names = Object.keys(COLUMNS)

const TABLE = `create table copy (n bigint generated always as identity, ${Object.entries(COLUMNS)
  .map(([name, type]) => `${name} ${type}`)
  .join()})`

const member = (column: string): string => column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const INSERT = `
  insert into copy (${names.join()})
  select ${Object.entries(COLUMNS)
    .map(([name, type]) => (type === 'jsonb' ? `r -> '${member(name)}'` : `(r ->> '${member(name)}')::${type}`))
    .join()}
  from jsonb_array_elements($1) with ordinality x(r, n) order by n`

const write = async (records: readonly VersionRecord[], client: pg.PoolClient): Promise<void> =>
  void (await client.query(INSERT, [JSON.stringify(records)]))

const TOPICS = Object.keys(kinds).map((kind) => `strata.${kind}`)

export interface Copy extends AsyncDisposable {
  readonly database: pg.Pool
  readonly store: Store<pg.PoolClient>
  /** Versions in it. */
  count(): Promise<number>
  /** Records that came, again or not; and how often something failed, and was tried again. */
  readonly seen: { readonly records: number; readonly troubles: number }
  /** Resolves when nothing more is written to it. */
  stop(): Promise<void>
}

export async function copying(brokers: string, databaseUrl: string): Promise<Copy> {
  const database = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  // A pool is ended before its connections are, and the database may be dropped before they are closed.
  database.on('connect', (client) => client.on('error', () => {}))
  await database.query(TABLE)
  const consumer: Consumer<pg.PoolClient> = { store: await openPostgresStore({ pool: database }), strategy: 'contiguous', handle: write }
  const topics = kafkaTopics({ kafka: testKafka(brokers), groupId: 'copy', topics: TOPICS })
  const seen = { records: 0, troubles: 0 }
  const source: Source = {
    name: topics.name,
    async *read(cursor, signal) {
      for await (const arrival of topics.read(cursor, signal)) {
        seen.records += arrival.records.length
        yield arrival
      }
    },
  }
  const ending = new AbortController()
  const consuming = consume(consumer, source, { signal: ending.signal, onTrouble: () => seen.troubles++ })
  const stop = (): Promise<void> => {
    ending.abort()
    return consuming
  }
  return {
    database,
    store: consumer.store,
    count: async () => (await database.query<{ n: number }>('select count(*)::integer as n from copy')).rows[0]?.n ?? 0,
    seen,
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await database.end()
    },
  }
}

/** Answers how many rows. */
export async function assertIsLedger({ database: copy }: Copy, ledgerUrl: string): Promise<number> {
  await copy.query('create index on copy (partition, position)')
  const ledger = new pg.Client(ledgerUrl)
  await ledger.connect()
  try {
    let compared = 0
    for (let after: Place = [-1, '0']; ;) {
      const [theirs, ours] = await Promise.all([page(copy, 'copy', after), page(ledger, 'ledger.versions', after)])
      assert.deepEqual(theirs, ours)
      compared += ours.length
      const last = ours.at(-1)
      if (!last) return compared
      after = [last.partition, last.position]
    }
  } finally {
    await ledger.end()
  }
}

type Place = readonly [partition: number, position: string]

interface Row {
  readonly partition: number
  readonly position: string
  readonly row: string
}

const ROWS_A_PAGE = 2_000

/** Times as text of the same zone, on whatever connection. */
const shown = names.map((name) => (name.endsWith('_at') ? `v.${name} at time zone 'UTC'` : `v.${name}`)).join()

async function page(
  reader: Pick<pg.Client, 'query'>,
  table: 'copy' | 'ledger.versions',
  after: readonly unknown[],
): Promise<readonly Row[]> {
  const { rows } = await reader.query<Row>(
    `select v.partition, v.position::text, row(${shown})::text as row from ${table} v where (v.partition, v.position) > ($1, $2)
     order by v.partition, v.position limit ${ROWS_A_PAGE}`,
    [...after],
  )
  return rows
}

const OUT_OF_ORDER = `
  select entity_id, version, before from (select entity_id, version, lag(version, 1, 0) over (partition by entity_id order by n) as before from copy) c
  where version <> before + 1 limit 5`

/** Each entity's versions came 1, 2, 3 …, each once. */
export async function assertInOrder({ database: copy }: Copy): Promise<void> {
  assert.deepEqual((await copy.query(OUT_OF_ORDER)).rows, [])
}
