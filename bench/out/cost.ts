// What projecting costs those who append: the same commands at the same rate to a server that projects and to one that does not, in turns; then a burst to each, as fast as they are taken, and how long the views
// take until nothing lags any more.
import { startChild, type Child } from '../child.ts'
import { compared, figure, inTurns, type Result } from '../result.ts'
import type { BenchServer } from '../server.ts'
import { percentile, seconds } from '../statistics.ts'
import type { Brokers } from './brokers.ts'
import { untilNothingLags } from './lag.ts'
import { paced } from './paced.ts'

const PACE = { perSecond: 5_000, commands: 40_000 }
const ROUNDS = 4
const P99_GROWTH = { atMost: 1.2 }
const BURST = { perSecond: Infinity, commands: 100_000 }

export async function cost(postgres: BenchServer, { mongoOf, kafka }: Brokers, say: (line: string) => void): Promise<readonly Result[]> {
  await using without = await startedOn(postgres, { STRATA_PROJECTIONS: 'off' })
  const results: Result[] = []
  {
    await using projecting = await startedOn(postgres, {})
    results.push(...(await steadily(projecting, without, say)))
    results.push(...(await atOnce('in PostgreSQL', projecting, without)))
  }
  await using everywhere = await startedOn(postgres, { STRATA_MONGO_URL: mongoOf('cost'), STRATA_KAFKA_BROKERS: `${kafka}/cost` })
  return [...results, ...(await atOnce('in PostgreSQL and MongoDB, and the feed in Kafka,', everywhere, without))]
}

const startedOn = async (postgres: BenchServer, settings: Readonly<Record<string, string>>): Promise<Child> =>
  startChild(await postgres.ledger(), settings)

async function steadily(projecting: Child, without: Child, say: (line: string) => void): Promise<readonly Result[]> {
  const rounds: { readonly projecting: readonly number[]; readonly without: readonly number[] }[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const run = `steady${round}`
    const latencies = { without: await paced(without.url, run, PACE), projecting: await paced(projecting.url, run, PACE) }
    await untilNothingLags(projecting)
    for (const [side, waited] of Object.entries(latencies))
      say(
        `out: ${PACE.perSecond} commands/s, ${side}: p50 ${percentile(waited, 0.5).toFixed(1)} ms, p99 ${percentile(waited, 0.99).toFixed(1)} ms`,
      )
    if (round > 0) rounds.push(latencies)
  }
  const grown = (share: number, goal?: typeof P99_GROWTH): Result =>
    inTurns(
      `out: commands at ${PACE.perSecond}/s with every view in PostgreSQL, against none, p${share * 100}`,
      'ms',
      rounds.map((latencies) => percentile(latencies.projecting, share)),
      rounds.map((latencies) => percentile(latencies.without, share)),
      goal,
    )
  return [grown(0.5), grown(0.99, P99_GROWTH)]
}

let bursts = 0

async function atOnce(where: string, projecting: Child, without: Child): Promise<readonly Result[]> {
  const run = `burst${++bursts}`
  const [alone, beside] = [await seconds(() => paced(without.url, run, BURST)), await seconds(() => paced(projecting.url, run, BURST))]
  const lag = await seconds(() => untilNothingLags(projecting))
  return [
    compared(
      `out: a burst of ${BURST.commands} commands with every view ${where} against none`,
      'commands/s',
      BURST.commands / beside,
      BURST.commands / alone,
    ),
    figure(`out: after that, until no view ${where} lags any more`, 's', lag),
  ]
}
