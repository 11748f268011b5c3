// The PostgreSQL that benches run on, with fsync on: an embedded one in a temporary folder, or the server of STRATA_BENCH_DATABASE_URL (a superuser's URL). Each ledger is a database of its own.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../ledger/embedded-postgres.ts'
import { migrate } from '../ledger/migrate.ts'
import { cpuSecondsOf } from './cpu.ts'

export interface BenchServer extends AsyncDisposable {
  readonly url: string
  /** A new, empty database: its URL, as superuser. */
  database(): Promise<string>
  /** A new ledger: its URL, as superuser. */
  ledger(): Promise<string>
  /** Gives its room back. */
  drop(url: string): Promise<void>
  /** What the server has computed so far; NaN where that can not be told. */
  readonly cpuSeconds: () => Promise<number>
}

export async function benchServer(): Promise<BenchServer> {
  const given = process.env['STRATA_BENCH_DATABASE_URL']
  return given ? serverAt(given, { close: async () => {}, cpuSeconds: async () => NaN }) : embedded()
}

/** Two ledgers of a million versions fit: else what was loaded first is read from outside when it is compared with what was loaded last (a million flips: 0.57 instead of 1.11). */
const SETTINGS = { shared_buffers: '4GB', max_wal_size: '8GB' }

async function embedded(): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-bench-'))
  await chmod(folder, 0o755) // as root, the server runs as another user
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), settings: SETTINGS })
  return serverAt(server.url, {
    async close() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
    cpuSeconds: () => cpuSecondsOf(server.pid),
  })
}

let made = 0

function serverAt(
  url: string,
  { close, cpuSeconds }: { readonly close: () => Promise<void>; readonly cpuSeconds: () => Promise<number> },
): BenchServer {
  const database = async (): Promise<string> => {
    const name = `strata_bench_${process.pid}_${++made}`
    await query(url, `create database ${name}`)
    const own = new URL(url)
    own.pathname = `/${name}`
    return own.href
  }
  return {
    url,
    database,
    async ledger() {
      const own = await database()
      await migrate(own)
      return own
    },
    drop: (own) => query(url, `drop database if exists ${new URL(own).pathname.slice(1)} with (force)`),
    cpuSeconds,
    [Symbol.asyncDispose]: close,
  }
}

/** One statement on a connection of its own. */
export async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
