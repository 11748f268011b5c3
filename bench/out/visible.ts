// From commit to visible: a server as users run it gets commands at a steady rate, with every view in PostgreSQL, then in MongoDB too, then the feed in Kafka; the sink is asked again and again how far each view is,
// and afterwards each version is matched with the first time that its view had it. What is measured ends when the answer is here, so the asking is in it.
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { openLedger } from '../../ledger/index.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { mongoSink } from '../../projections/sinks/mongo.ts'
import { postgresSink } from '../../projections/sinks/postgres.ts'
import type { View } from '../../projections/sinks/sink.ts'
import { startChild, type Child } from '../child.ts'
import { figure, type Result } from '../result.ts'
import { percentile } from '../statistics.ts'
import { untilNothingLags } from './lag.ts'
import { paced } from './paced.ts'
import type { BenchServer } from '../server.ts'
import type { Brokers } from './brokers.ts'
import { feedPages, viewOf } from './traded.ts'

const STEADY = { perSecond: 2_000, commands: 30_000 }
const WARM = { perSecond: 2_000, commands: 8_000 }
const FIRST = { perSecond: 500, commands: 500 }
const SETTLE_MS = 3_000
const ASK_EVERY_MS = 10
const P99_MS = 250
/** What the load changes. */
const VIEWS = ['trades', 'audit_trail', 'portfolio_risk', 'positions'] as const

interface Seen {
  readonly atMs: number
  readonly position: number
}

export async function visible(postgres: BenchServer, { mongoOf, kafka }: Brokers, say: (line: string) => void): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const served of [
    { settings: {}, sink: (url: string) => postgresSink({ url }) },
    { settings: { STRATA_MONGO_URL: mongoOf('visible') }, sink: () => mongoSink({ url: mongoOf('visible') }) },
  ]) {
    const url = await postgres.ledger()
    await using child = await startChild(url, served.settings)
    await using sink = served.sink(url)
    const watched = await Promise.all(VIEWS.map(async (name) => watchView(await sink.open(viewOf(name), 'live'))))
    const records = await loaded(url, child, say)
    const latencies: number[] = []
    for (const one of watched) latencies.push(...latenciesOf(records, await one.end()))
    results.push(...shown(`documents in ${sink.name}`, latencies, P99_MS))
  }
  const url = await postgres.ledger()
  await using child = await startChild(url, { STRATA_KAFKA_BROKERS: `${kafka}/visible` })
  // The topics are made with the first versions.
  await paced(child.url, 'first', FIRST)
  await untilNothingLags(child)
  await using consumer = await consumed(kafka)
  await loaded(url, child, say)
  return [...results, ...shown('a consumer of Kafka', consumer.latencies.slice(FIRST.commands + WARM.commands))]
}

/** What the steady load has committed, once it had time to be seen; a shorter load goes before it. */
async function loaded(url: string, child: Child, say: (line: string) => void): Promise<readonly VersionRecord[]> {
  await using ledger = await openLedger({ url })
  await paced(child.url, 'warm', WARM)
  const { positions } = await ledger.feed.end()
  say(`out: ${STEADY.perSecond} versions/s, ${STEADY.commands} of them`)
  await paced(child.url, 'steady', STEADY)
  await sleep(SETTLE_MS)
  return (await feedPages(ledger)).flat().filter(({ partition, position }) => position > (positions[partition] ?? 0))
}

const shown = (where: string, latencies: readonly number[], atMost?: number): readonly Result[] => [
  figure(`out: from commit to ${where}, at ${STEADY.perSecond} versions/s, p50`, 'ms', percentile(latencies, 0.5)),
  figure(
    `out: from commit to ${where}, at ${STEADY.perSecond} versions/s, p99`,
    'ms',
    percentile(latencies, 0.99),
    atMost === undefined ? undefined : { atMost },
  ),
]

interface Watched {
  /** By partition, in the order of time. */
  end(): Promise<ReadonlyMap<number, readonly Seen[]>>
}

function watchView(view: View): Watched {
  const seen = new Map<number, Seen[]>()
  let ended = false
  const asking = (async () => {
    while (!ended) {
      const places = await view.places()
      const atMs = Date.now()
      for (const [partition, { position }] of places) {
        const before = seen.get(partition)
        if (!before) seen.set(partition, [{ atMs, position }])
        else if (before.at(-1)?.position !== position) before.push({ atMs, position })
      }
      await sleep(ASK_EVERY_MS)
    }
  })()
  asking.catch(() => undefined)
  return {
    async end() {
      ended = true
      await asking
      return seen
    },
  }
}

/** Infinite where the version was not seen. */
function latenciesOf(records: readonly VersionRecord[], seen: ReadonlyMap<number, readonly Seen[]>): readonly number[] {
  const next = new Map<number, number>()
  return records
    .toSorted((a, b) => a.position - b.position)
    .map(({ partition, position, recordedAt }) => {
      const times = seen.get(partition) ?? []
      let at = next.get(partition) ?? 0
      while ((times[at]?.position ?? Infinity) < position) at++
      next.set(partition, at)
      return (times[at]?.atMs ?? Infinity) - Date.parse(recordedAt)
    })
}

async function consumed(broker: string): Promise<AsyncDisposable & { readonly latencies: number[] }> {
  const latencies: number[] = []
  const consumer = new Kafka({ clientId: 'bench', brokers: [broker], logLevel: logLevel.NOTHING }).consumer({
    groupId: 'bench-visible',
    maxWaitTimeInMs: 100,
  })
  await consumer.connect()
  await consumer.subscribe({ topic: 'visible.trade', fromBeginning: true })
  await consumer.run({
    eachMessage({ message }) {
      latencies.push(Date.now() - Date.parse(String(message.headers?.['ce_time'])))
      return Promise.resolve()
    },
  })
  return { latencies, [Symbol.asyncDispose]: () => consumer.disconnect() }
}
