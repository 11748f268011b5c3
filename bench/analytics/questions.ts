// Named queries over HTTP, to a server that keeps the DuckDB file, on ledgers of a hundred thousand and of a million versions.
import { join } from 'node:path'
import { openLedger } from '../../ledger/index.ts'
import { analytics } from '../../projections/analytics/index.ts'
import { queries } from '../../projections/queries/index.ts'
import type { Query } from '../../projections/queries/query.ts'
import { parametersOf } from '../../projections/serving/query-operation.ts'
import { views } from '../../projections/views/index.ts'
import { startChild } from '../child.ts'
import { drained } from '../out/drained.ts'
import { compared, figure, type Result } from '../result.ts'
import type { BenchServer } from '../server.ts'
import { percentile, seconds } from '../statistics.ts'
import { duckdbSinkIn, temporaryFolder } from './duckdb.ts'
import { fillTraded, ownerOf } from './traded-ledger.ts'

const SMALL = 100_000
const LARGE = 1_000_000
const QUESTIONS = 100
const WARM = 5
const HALFWAY = '2025-07-20T00:00:00Z'
const P_MS = 200

export async function questions(postgres: BenchServer, say: (line: string) => void): Promise<readonly Result[]> {
  const small = await askedOn(postgres, SMALL, say)
  const large = await askedOn(postgres, LARGE, say)
  return Object.keys(queries).flatMap((name) => {
    const [before, after] = [small.get(name) ?? [], large.get(name) ?? []]
    const what = `analytics: ${name} at ${LARGE} versions`
    return [
      compared(`${what}, p50, against ${SMALL}`, 'ms', percentile(after, 0.5), percentile(before, 0.5)),
      figure(`${what}, p50`, 'ms', percentile(after, 0.5), { atMost: P_MS }),
      figure(`${what}, p99`, 'ms', percentile(after, 0.99), { atMost: P_MS }),
    ]
  })
}

/** Milliseconds of each answer, by query. */
async function askedOn(
  postgres: BenchServer,
  versions: number,
  say: (line: string) => void,
): Promise<ReadonlyMap<string, readonly number[]>> {
  await using folder = await temporaryFolder()
  const url = await postgres.ledger()
  await fillTraded(url, versions)
  {
    await using ledger = await openLedger({ url })
    await using sink = duckdbSinkIn(folder.path, 'strata')
    const projections = Object.values(analytics)
    const taken = await seconds(() => drained(ledger, versions, { sinks: [sink], projections }))
    say(`analytics: ${versions} versions in ${projections.length} views in ${taken.toFixed(0)} s`)
  }
  const latencies = new Map<string, readonly number[]>()
  {
    await using child = await startChild(url, { STRATA_DUCKDB_PATH: join(folder.path, 'strata.duckdb') })
    // Documents would be caught up with meanwhile.
    for (const name of Object.keys(views)) await pause(child.url, name)
    for (const query of Object.values(queries)) {
      const taken: number[] = []
      for (let n = -WARM; n < QUESTIONS; n++) {
        const ms = (await seconds(() => get(child.url, query, n + WARM))) * 1_000
        if (n >= 0) taken.push(ms)
      }
      latencies.set(query.name, taken)
      say(
        `analytics: ${query.name} at ${versions}: p50 ${percentile(taken, 0.5).toFixed(1)} ms, p99 ${percentile(taken, 0.99).toFixed(1)} ms`,
      )
    }
  }
  await postgres.drop(url)
  return latencies
}

async function pause(url: string, view: string): Promise<void> {
  const body = JSON.stringify({ sink: 'postgres' })
  const response = await fetch(`${url}/v1/projections/${view}/pause`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  if (!response.ok) throw new Error(await response.text())
}

/** Of one owner after the other, where the query can be of one; as of halfway, where it has to be told. */
async function get(url: string, query: Query, n: number): Promise<void> {
  const parameters = parametersOf(query)
  const given = new URLSearchParams({
    ...(parameters.some(({ name }) => name === 'owner') && { owner: ownerOf(n) }),
    ...(parameters.some(({ name, required }) => name === 'asOf' && required) && { asOf: HALFWAY }),
  })
  const response = await fetch(`${url}/v1/queries/${query.name}?${given.toString()}`)
  const answer = (await response.json()) as { readonly data?: readonly object[] }
  if (!response.ok || answer.data === undefined) throw new Error(`${query.name} was answered ${response.status}: ${JSON.stringify(answer)}`)
}
