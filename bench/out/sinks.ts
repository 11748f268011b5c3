// Versions a second into each sink, through the projector and by a rebuild, against the same documents written by hand through the same driver, statement and batch size; in turns, on the same ledger.
import { openLedger, type Ledger } from '../../ledger/index.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import type { Projection } from '../../projections/projection.ts'
import { rebuild } from '../../projections/runner/rebuild.ts'
import { kafkaRelay } from '../../projections/sinks/kafka/relay.ts'
import { mongoSink } from '../../projections/sinks/mongo.ts'
import { postgresSink } from '../../projections/sinks/postgres.ts'
import type { Sink } from '../../projections/sinks/sink.ts'
import { figure, inTurns, type Result } from '../result.ts'
import type { BenchServer } from '../server.ts'
import { median, seconds } from '../statistics.ts'
import { documentsOf, kafkaByHand, mongoByHand, postgresByHand, type ByHand } from './by-hand.ts'
import type { Brokers } from './brokers.ts'
import { drained } from './drained.ts'
import { feedPages, trade, viewOf } from './traded.ts'

const TRADES = 15_000
const ROUNDS = 3
const GOAL = { atLeast: 0.5 }
/** A document for each entity, and one for each version. */
const WRITTEN = ['trades', 'audit_trail']
/** Sums, without and with what they remember: these have so few documents that by hand there is nothing to write. */
const SUMMED = ['positions', 'portfolio_risk']

interface Documents {
  readonly name: string
  readonly sink: (round: string) => Sink
  readonly byHand: (round: string, projection: Projection) => Promise<ByHand>
}

export async function sinks(postgres: BenchServer, { mongoOf, kafka }: Brokers, say: (line: string) => void): Promise<readonly Result[]> {
  const url = await postgres.ledger()
  await using ledger = await openLedger({ url })
  await trade(ledger, 'out', TRADES)
  const pages = await feedPages(ledger)
  const documents: readonly Documents[] = [
    {
      name: 'PostgreSQL',
      sink: (round) => postgresSink({ url, schema: `out_${round}` }),
      byHand: (round, projection) => postgresByHand(url, `hand_${round}`, projection),
    },
    {
      name: 'MongoDB',
      sink: (round) => mongoSink({ url: mongoOf(`out_${round}`) }),
      byHand: (round, projection) => mongoByHand(mongoOf('by_hand'), round, projection),
    },
  ]
  const fed = { ledger, pages, versions: pages.flat().length, say }
  const results: Result[] = []
  for (const one of documents) {
    for (const view of WRITTEN) results.push(...(await written(fed, one, viewOf(view))))
    for (const view of SUMMED) results.push(...(await summed(fed, one, viewOf(view))))
  }
  return [...results, await relayed(fed, kafka)]
}

/** By what did it: a rate for each round. */
type Rates<Side extends string> = Readonly<Record<Side, readonly number[]>>

/** Versions a second of each, in turns; the first round only warms up. */
async function inRounds<Side extends string>(
  what: string,
  versions: number,
  round: (suffix: string) => Promise<Readonly<Record<Side, number>>>,
  say: (line: string) => void,
): Promise<Rates<Side>> {
  const rounds: Readonly<Record<Side, number>>[] = []
  for (let n = 0; n <= ROUNDS; n++) {
    const took = await round(`${n}`)
    const rates = Object.fromEntries(Object.entries<number>(took).map(([side, seconds]) => [side, versions / seconds])) as Record<
      Side,
      number
    >
    say(`out: ${what}: ${JSON.stringify(rates, (_, value: unknown) => (typeof value === 'number' ? Math.round(value) : value))}`)
    if (n > 0) rounds.push(rates)
  }
  const sides = Object.keys(rounds[0] ?? {}) as Side[]
  return Object.fromEntries(sides.map((side) => [side, rounds.map((rates) => rates[side])])) as unknown as Rates<Side>
}

interface Fed {
  readonly ledger: Ledger
  readonly pages: readonly (readonly VersionRecord[])[]
  readonly versions: number
  readonly say: (line: string) => void
}

async function written(
  { ledger, pages, versions, say }: Fed,
  { name, sink, byHand }: Documents,
  view: Projection,
): Promise<readonly Result[]> {
  const batches = documentsOf(view, pages)
  const what = `${view.name} in ${name}`
  const rates = await inRounds(
    what,
    versions,
    async (round) => {
      await using opened = sink(`${view.name}_${round}`)
      await using hand = await byHand(`${view.name}_${round}`, view)
      const writeAll = async (): Promise<void> => {
        for (const batch of batches) await hand.write(batch)
      }
      return { ...(await projectedAndRebuilt(ledger, versions, opened, view)), hand: await seconds(writeAll) }
    },
    say,
  )
  return [
    inTurns(`out: ${what}, against the same documents by hand`, 'versions/s', rates.projected, rates.hand, GOAL),
    inTurns(`out: ${what}, rebuilt, against the same documents by hand`, 'versions/s', rates.rebuilt, rates.hand, GOAL),
  ]
}

async function summed({ ledger, versions, say }: Fed, { name, sink }: Documents, view: Projection): Promise<readonly Result[]> {
  const what = `${view.name} in ${name}`
  const rates = await inRounds(
    what,
    versions,
    async (round) => {
      await using opened = sink(`${view.name}_${round}`)
      return await projectedAndRebuilt(ledger, versions, opened, view)
    },
    say,
  )
  return [
    figure(`out: ${what}`, 'versions/s', median(rates.projected)),
    figure(`out: ${what}, rebuilt`, 'versions/s', median(rates.rebuilt)),
  ]
}

async function projectedAndRebuilt(ledger: Ledger, versions: number, sink: Sink, view: Projection) {
  const projected = await seconds(() => drained(ledger, versions, { sinks: [sink], projections: [view] }))
  const rebuilt = await seconds(() => rebuild({ ledger, sink, projection: view, signal: new AbortController().signal }))
  return { projected, rebuilt }
}

async function relayed({ ledger, pages, versions, say }: Fed, brokers: string): Promise<Result> {
  const rates = await inRounds(
    'the feed in Kafka',
    versions,
    async (round) => {
      await using relay = kafkaRelay({ brokers: [brokers], prefix: `out${round}` })
      await using hand = await kafkaByHand(brokers, `hand${round}`, ledger.partitions)
      const sendAll = async (): Promise<void> => {
        for (const page of pages) await hand.send(page)
      }
      return {
        relayed: await seconds(() => drained(ledger, versions, { sinks: [], projections: [], relays: [relay] })),
        hand: await seconds(sendAll),
      }
    },
    say,
  )
  return inTurns('out: the feed in Kafka, against the same messages by hand', 'versions/s', rates.relayed, rates.hand, GOAL)
}
