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
  const alone = await startedOn(postgres, { STRATA_PROJECTIONS: 'off' })
  await using without = alone
  const results: Result[] = []
  for (const { where, settings, goal } of [
    { where: 'in PostgreSQL', settings: {}, goal: P99_GROWTH },
    {
      where: 'in PostgreSQL and MongoDB, and the feed in Kafka',
      settings: { STRATA_MONGO_URL: mongoOf('cost'), STRATA_KAFKA_BROKERS: kafka, STRATA_KAFKA_PREFIX: 'cost' },
      goal: undefined,
    },
  ]) {
    await using projecting = await startedOn(postgres, settings)
    const sides = { projecting: { p50: [] as number[], p99: [] as number[] }, without: { p50: [] as number[], p99: [] as number[] } }
    for (let round = 0; round <= ROUNDS; round++)
      for (const [side, child] of [
        ['without', without],
        ['projecting', projecting],
      ] as const) {
        const { latencies } = await paced(child.url, `${where.length}-${side}-${round}`, PACE)
        const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)]
        say(
          `out: ${PACE.perSecond} commands/s, ${side === 'without' ? 'no views' : `every view ${where}`}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
        )
        if (side === 'projecting') await untilNothingLags(child)
        if (round === 0) continue
        sides[side].p50.push(p50)
        sides[side].p99.push(p99)
      }
    results.push(
      inTurns(
        `out: commands at ${PACE.perSecond}/s with every view ${where}, against none, p50`,
        'ms',
        sides.projecting.p50,
        sides.without.p50,
      ),
      inTurns(
        `out: commands at ${PACE.perSecond}/s with every view ${where}, against none, p99`,
        'ms',
        sides.projecting.p99,
        sides.without.p99,
        goal,
      ),
    )
    const rates = { without: 0, projecting: 0 }
    for (const [side, child] of [
      ['without', without],
      ['projecting', projecting],
    ] as const)
      rates[side] = BURST.commands / (await seconds(() => paced(child.url, `${where.length}-${side}-burst`, BURST)))
    const lag = await seconds(() => untilNothingLags(projecting))
    results.push(
      compared(
        `out: a burst of ${BURST.commands} commands with every view ${where}, against none`,
        'commands/s',
        rates.projecting,
        rates.without,
      ),
      figure(`out: after the burst, until no view ${where} lags any more`, 's', lag),
    )
  }
  return results
}

const startedOn = async (postgres: BenchServer, settings: Readonly<Record<string, string>>): Promise<Child> =>
  startChild(await postgres.ledger(), settings)
