// message-db: its functions. It has no client for Node, so they are called through postgres.js, which prepares statements and sends the next ones before the first is answered.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { JsonObject } from '../../ledger/json.ts'
import { OWNERS } from '../commands.ts'
import { eventAfter, evolve, noTrade } from './events.ts'
import { byLoading, IDLE_MS, PAGE, type EventStore, type Feed, type Peer, type Setting, type Stream } from './store.ts'

/** How streams are put into categories: writers of one category take turns, each holding its lock until it has committed; and only within a category is there an order to read in. */
interface Layout {
  readonly categories: readonly string[]
  readonly categoryOf: (owner: number) => string
}

const perOwner = (owner: number): string => `trade:${owner}`
const BY_OWNER: Layout = { categories: Array.from({ length: OWNERS }, (_, owner) => perOwner(owner)), categoryOf: perOwner }
const AS_ONE: Layout = { categories: ['trade'], categoryOf: () => 'trade' }

export const byOwner: Peer = { name: 'message-db, a category per owner', install, settings: [setting(16, BY_OWNER), setting(64, BY_OWNER)] }
export const asOne: Peer = { name: 'message-db, one category', install, settings: [setting(16, AS_ONE)] }

function setting(connections: number, layout: Layout): Setting {
  return { name: `${connections} connections`, connections, open: async (url) => open(url, connections, layout) }
}

/** Its SQL, in the order in which its install.sh gives it to psql. */
async function install(url: string): Promise<void> {
  const base = join(dirname(createRequire(import.meta.url).resolve('@eventide/message-db/package.json')), 'database')
  const sql = clientOf(url, 1)
  for (const script of ['install.sh', 'install-functions.sh', 'install-indexes.sh', 'install-views.sh', 'install-privileges.sh'])
    for (const [, file = ''] of (await readFile(join(base, script), 'utf8')).matchAll(/\$base\/(\S+\.sql)/g))
      await sql.file(join(base, file))
  await sql.end()
}

const clientOf = (url: string, max: number): postgres.Sql =>
  postgres(url, { max, connection: { search_path: 'message_store,public' }, onnotice: () => {} })

function open(url: string, connections: number, { categories, categoryOf }: Layout): EventStore {
  const sql = clientOf(url, connections)
  const nameOf = ({ owner, id }: Stream): string => `${categoryOf(owner)}-${id}`
  const eventsOf = async (stream: Stream): Promise<readonly JsonObject[]> => {
    const rows = await sql<Row[]>`select * from get_stream_messages(${nameOf(stream)}, 0, -1)`
    return rows.map(({ data }) => JSON.parse(data) as JsonObject)
  }
  return byLoading({
    async append(stream, expected) {
      const { type, data } = eventAfter(expected)
      try {
        // Its versions count from 0, and -1 is that of a stream which is not there.
        await sql`select write_message(${randomUUID()}, ${nameOf(stream)}, ${type}, ${sql.json(data as postgres.JSONValue)}, null, ${expected - 1})`
        return true
      } catch (error) {
        if (error instanceof postgres.PostgresError && error.message.startsWith('Wrong expected version')) return false
        throw error
      }
    },
    read: async (stream) => (await eventsOf(stream)).length,
    state: async (stream) => (await eventsOf(stream)).reduce(evolve, noTrade).version,
    // Over categories there is no function: what is left is to read the table.
    feeds: [
      feed(url, 'get_category_messages', categories.map(readCategory)),
      ...(categories.length > 1 ? [feed(url, 'its table by global_position', [readTable])] : []),
    ],
    [Symbol.asyncDispose]: () => sql.end(),
  })
}

interface Row {
  readonly stream_name: string
  readonly position: string
  readonly global_position: string
  readonly data: string
}

type Read = (sql: postgres.Sql, from: number) => Promise<readonly Row[]>

const readCategory =
  (category: string): Read =>
  (sql, from) =>
    sql<Row[]>`select * from get_category_messages(${category}, ${from}, ${PAGE})`

const readTable: Read = (sql, from) =>
  sql<Row[]>`
    select id, stream_name, type, position, global_position, data::varchar, metadata::varchar, time from messages where global_position >= ${from} order by global_position limit ${PAGE}`

/** One or several sequences of messages, each read on from the place after its last. */
function feed(url: string, name: string, reads: readonly Read[]): Feed {
  return {
    name,
    async follow(seen, signal) {
      const sql = clientOf(url, 1)
      const next = reads.map(() => 1)
      while (!signal.aborted) {
        let found = 0
        for (const [n, read] of reads.entries()) {
          const rows = await read(sql, next[n] ?? 1)
          for (const { stream_name: stream, position, data } of rows) {
            JSON.parse(data)
            seen(stream.slice(stream.lastIndexOf('-') + 1), Number(position) + 1)
          }
          const last = rows.at(-1)
          if (last) next[n] = Number(last.global_position) + 1
          found += rows.length
        }
        if (found === 0) await sleep(IDLE_MS)
      }
      await sql.end()
    },
  }
}
