// Views of a ledger of a million versions, asked over HTTP: an owner's risk, the history of an owner's trades, and these trades as they are; and which index served them.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openLedger } from '../../ledger/index.ts'
import { postgresSink } from '../../projections/sinks/postgres.ts'
import { startChild } from '../child.ts'
import { OWNERS } from '../commands.ts'
import { fill } from '../filled.ts'
import { figure, type Result } from '../result.ts'
import type { BenchServer } from '../server.ts'
import { percentile, seconds } from '../statistics.ts'
import { drained } from './drained.ts'
import { viewOf } from './traded.ts'

const FILLING = { entities: 250_000, versionsEach: 4 }
const VERSIONS = FILLING.entities * FILLING.versionsEach
const QUESTIONS = 600
const AT_ONCE = 4
const P99_MS = 200
const TOLD_WITHIN_MS = 30_000

const ASKED = [
  { what: "one owner's risk", from: 'views.portfolio_risk', path: (owner: string) => `/v1/views/portfolio_risk?owner=${owner}` },
  {
    what: "one owner's trade history, a page of every version",
    from: 'views.audit_trail',
    path: (owner: string) => `/v1/views/audit_trail?owner=${owner}&limit=100`,
  },
  {
    what: "one owner's trades as they are, a page",
    from: 'views.trades',
    path: (owner: string) => `/v1/views/trades?owner=${owner}&limit=100`,
  },
  {
    what: "one owner's trades, from the ledger itself, a page",
    from: 'ledger.versions',
    path: (owner: string) => `/v1/trades?owner=${owner}&limit=100`,
  },
]

export async function reads(postgres: BenchServer, say: (line: string) => void): Promise<readonly Result[]> {
  const url = await postgres.ledger()
  await fill(url, FILLING)
  {
    await using ledger = await openLedger({ url })
    await using sink = postgresSink({ url })
    const projections = ['trades', 'audit_trail', 'portfolio_risk'].map(viewOf)
    const taken = await seconds(() => drained(ledger, VERSIONS, { sinks: [sink], projections }))
    say(`out: ${VERSIONS} versions in ${projections.length} views in ${taken.toFixed(0)} s`)
  }
  await using child = await startChild(url, { STRATA_PROJECTIONS: 'off' })
  const results: Result[] = []
  for (const { what, from, path } of ASKED) {
    const before = await indexScans(url, from)
    const latencies = await ask(child.url, path)
    const index = await indexUsed(url, from, before)
    results.push(
      figure(`out: ${what}, at ${VERSIONS} versions, p50`, 'ms', percentile(latencies, 0.5)),
      figure(`out: ${what}, at ${VERSIONS} versions, p99 (by ${index})`, 'ms', percentile(latencies, 0.99), { atMost: P99_MS }),
    )
  }
  return results
}

async function ask(url: string, path: (owner: string) => string): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const latencies: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < QUESTIONS) latencies.push((await seconds(() => get(`${url}${path(`fill-o${next++ % OWNERS}`)}`, agent))) * 1_000)
    }),
  )
  agent.destroy()
  return latencies
}

const get = (url: string, agent: Agent): Promise<void> =>
  new Promise((done, fail) => {
    const sent = request(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => (response.statusCode === 200 ? done() : fail(new Error(`${url} was answered ${response.statusCode}`))))
    })
    sent.on('error', fail)
    sent.end()
  })

/** The index that most of the questions were answered by; `none` where they were by none, or PostgreSQL does not tell: those who have nothing to do tell what they have counted every ten seconds. */
async function indexUsed(url: string, table: string, before: ReadonlyMap<string, number>): Promise<string> {
  for (const until = performance.now() + TOLD_WITHIN_MS; performance.now() < until; await sleep(500))
    for (const [name, scans] of await indexScans(url, table)) if (scans - (before.get(name) ?? 0) > QUESTIONS / 2) return name
  return 'none'
}

/** How often each index of the table was scanned so far. */
async function indexScans(url: string, table: string): Promise<ReadonlyMap<string, number>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string; scans: string }>(
      "select schemaname || '.' || indexrelname as name, idx_scan as scans from pg_stat_user_indexes where relid = $1::regclass",
      [table],
    )
    return new Map(rows.map(({ name, scans }) => [name, Number(scans)]))
  } finally {
    await client.end()
  }
}
