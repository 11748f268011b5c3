// Named queries over HTTP, to a server that keeps the DuckDB file, on ledgers of a hundred thousand and of a million versions.
import { join } from 'node:path'
import { openLedger } from '../../ledger/index.ts'
import { analytics } from '../../projections/analytics/index.ts'
import { queries } from '../../projections/queries/index.ts'
import type { Query } from '../../projections/queries/query.ts'
import { parametersOf } from '../../projections/serving/query-operation.ts'
import { startChild } from '../child.ts'
import { drained } from '../out/drained.ts'
import { compared, figure, type Result } from '../result.ts'
import type { BenchServer } from '../server.ts'
import { percentile, seconds } from '../statistics.ts'
import { duckdbSinkIn, temporaryFolder } from './duckdb.ts'
import { fillTraded, ownerOf } from './traded-ledger.ts'

const SMALL = 100_000
const LARGE = 1_000_000
const QUESTIONS = 200
const WARM = 5
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

/** Of one owner after the other, where the query can be of one. */
async function get(url: string, query: Query, n: number): Promise<void> {
  const isOfOwner = parametersOf(query).some(({ name }) => name === 'owner')
  const response = await fetch(`${url}/v1/queries/${query.name}${isOfOwner ? `?owner=${ownerOf(n)}` : ''}`)
  const answer = (await response.json()) as { readonly data?: readonly object[] }
  if (!response.ok || answer.data === undefined) throw new Error(`${query.name} was answered ${response.status}: ${JSON.stringify(answer)}`)
}
