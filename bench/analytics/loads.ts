// Versions a second into each analytics sink, through the projector and by a rebuild, against the same rows written by hand through the same path, in batches of the same size; in turns, on the same ledger.
import { openLedger } from '../../ledger/index.ts'
import { analytics } from '../../projections/analytics/index.ts'
import type { Projection } from '../../projections/projection.ts'
import { rebuild } from '../../projections/runner/rebuild.ts'
import { DUCKDB_BATCH_VERSIONS } from '../../projections/sinks/duckdb.ts'
import { SNOWFLAKE_BATCH_VERSIONS } from '../../projections/sinks/snowflake.ts'
import type { AnalyticSink } from '../../projections/sinks/sink.ts'
import { drained } from '../out/drained.ts'
import { documentsOf, type ByHand } from '../out/by-hand.ts'
import { feedPages } from '../out/traded.ts'
import { inTurns, type Result } from '../result.ts'
import type { BenchServer } from '../server.ts'
import { seconds } from '../statistics.ts'
import { duckdbByHand, duckdbSinkIn, temporaryFolder } from './duckdb.ts'
import { standIn } from './snowflake.ts'
import { fillTraded } from './traded-ledger.ts'

const VERSIONS = 100_000
const ROUNDS = 2
const GOAL = { atLeast: 0.5 }
/** A row for each version; one for each execution, with what it has earned; one for each trade. */
const WRITTEN = ['versions', 'executions', 'trades']

interface Tables {
  readonly name: string
  readonly batchVersions: number
  readonly sink: (round: string) => AnalyticSink
  readonly byHand: (round: string, projection: Projection) => Promise<ByHand>
}

export async function loads(postgres: BenchServer, say: (line: string) => void): Promise<readonly Result[]> {
  await using folder = await temporaryFolder()
  await using snowflake = await standIn()
  const url = await postgres.ledger()
  await fillTraded(url, VERSIONS)
  await using ledger = await openLedger({ url })
  const sinks: readonly Tables[] = [
    {
      name: 'DuckDB',
      batchVersions: DUCKDB_BATCH_VERSIONS,
      sink: (round) => duckdbSinkIn(folder.path, round),
      byHand: (round, projection) => duckdbByHand(folder.path, `hand-${round}`, projection),
    },
    {
      name: "Snowflake's stand-in",
      batchVersions: SNOWFLAKE_BATCH_VERSIONS,
      sink: snowflake.sink,
      byHand: (round, projection) => snowflake.byHand(`hand-${round}`, projection),
    },
  ]
  const results: Result[] = []
  for (const { name, batchVersions, sink, byHand } of sinks) {
    const pages = await feedPages(ledger, batchVersions)
    for (const view of WRITTEN) {
      const projection = analytics[view] as Projection
      const batches = documentsOf(
        projection,
        pages.map((page) => page.filter(({ kind }) => projection.kinds.includes(kind))),
      )
      const rates: { projected: number[]; rebuilt: number[]; hand: number[] } = { projected: [], rebuilt: [], hand: [] }
      for (let round = 0; round <= ROUNDS; round++) {
        await using opened = sink(`${view}-${round}`)
        await using hand = await byHand(`${view}-${round}`, projection)
        const took = {
          projected: await seconds(() => drained(ledger, VERSIONS, { sinks: [opened], projections: [projection] })),
          rebuilt: await seconds(() => rebuild({ ledger, sink: opened, projection, signal: new AbortController().signal })),
          hand: await seconds(async () => {
            for (const batch of batches) await hand.write(batch)
          }),
        }
        say(
          `analytics: ${view} in ${name}: ${Object.entries(took)
            .map(([how, s]) => `${how} ${Math.round(VERSIONS / s)}/s`)
            .join(', ')}`,
        )
        if (round > 0) for (const how of ['projected', 'rebuilt', 'hand'] as const) rates[how].push(VERSIONS / took[how])
      }
      const what = `analytics: ${view} in ${name}`
      results.push(
        inTurns(`${what}, against the same rows by hand`, 'versions/s', rates.projected, rates.hand, GOAL),
        inTurns(`${what}, rebuilt, against the same rows by hand`, 'versions/s', rates.rebuilt, rates.hand, GOAL),
      )
    }
  }
  return results
}
