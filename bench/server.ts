// The PostgreSQL that benches run on, with fsync on: an embedded one in a temporary folder, or the server of STRATA_BENCH_DATABASE_URL (a superuser's URL). Each ledger is a database of its own.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../ledger/embedded-postgres.ts'
import { migrate } from '../ledger/migrate.ts'

export interface BenchServer extends AsyncDisposable {
  readonly url: string
  /** A new ledger: its URL, as superuser. */
  ledger(): Promise<string>
  /** Gives its room back. */
  drop(url: string): Promise<void>
}

export async function benchServer(): Promise<BenchServer> {
  const given = process.env['STRATA_BENCH_DATABASE_URL']
  return given ? serverAt(given, async () => {}) : embedded()
}

/** Two ledgers of a million versions fit: else what was loaded first is read from outside when it is compared with what was loaded last (a million flips: 0.57 instead of 1.11). */
const SETTINGS = { shared_buffers: '4GB', max_wal_size: '8GB' }

async function embedded(): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-bench-'))
  await chmod(folder, 0o755) // as root, the server runs as another user
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), settings: SETTINGS })
  return serverAt(server.url, async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
}

let made = 0

function serverAt(url: string, close: () => Promise<void>): BenchServer {
  return {
    url,
    async ledger() {
      const name = `strata_bench_${process.pid}_${++made}`
      await query(url, `create database ${name}`)
      const ledgerUrl = new URL(url)
      ledgerUrl.pathname = `/${name}`
      await migrate(ledgerUrl.href)
      return ledgerUrl.href
    },
    drop: (ledgerUrl) => query(url, `drop database if exists ${new URL(ledgerUrl).pathname.slice(1)} with (force)`),
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
