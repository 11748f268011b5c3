// Market data: bars of many instruments into the ledger as fast as it takes them, and from there into the tables of DuckDB; and what the computers' time went to, which says what bounds it.
import { openLedger } from '../../ledger/index.ts'
import { analytics } from '../../projections/analytics/index.ts'
import type { Projection } from '../../projections/projection.ts'
import { submitAll } from '../append.ts'
import { parsed } from '../commands.ts'
import { drained } from '../out/drained.ts'
import { figure, type Result } from '../result.ts'
import type { BenchServer } from '../server.ts'
import { seconds } from '../statistics.ts'
import { duckdbSinkIn, temporaryFolder } from './duckdb.ts'

const INSTRUMENTS = 100
const MINUTES = 600
const WARM_MINUTES = 100
const PER_SECOND = { atLeast: 50_000 }

export async function bars(postgres: BenchServer, say: (line: string) => void): Promise<readonly Result[]> {
  await using folder = await temporaryFolder()
  const url = await postgres.ledger()
  await using ledger = await openLedger({ url })
  const submissions = (from: number, to: number) =>
    Array.from({ length: (to - from) * INSTRUMENTS }, (_, n) => parsed(barLine(n % INSTRUMENTS, from + Math.floor(n / INSTRUMENTS))))
  await submitAll(ledger, submissions(0, WARM_MINUTES))
  const asked = submissions(WARM_MINUTES, WARM_MINUTES + MINUTES)
  const [cpu, database] = [process.cpuUsage(), await postgres.cpuSeconds()]
  const taken = await seconds(() => submitAll(ledger, asked))
  const own = process.cpuUsage(cpu)
  const theirs = (await postgres.cpuSeconds()) - database
  const versions = (WARM_MINUTES + MINUTES) * INSTRUMENTS
  await using sink = duckdbSinkIn(folder.path, 'bars')
  const kept = await seconds(() => drained(ledger, versions, { sinks: [sink], projections: [analytics['bars'] as Projection] }))
  const micros = (spent: number): number => (spent * 1e6) / asked.length
  say(
    `analytics: a bar takes ${micros((own.user + own.system) / 1e6).toFixed(0)} us of the library and ${micros(theirs).toFixed(0)} us of PostgreSQL`,
  )
  return [
    figure('analytics: bars into the ledger', 'bars/s', asked.length / taken, PER_SECOND),
    figure('analytics: bars into the ledger, computing of the library', 'us each', micros((own.user + own.system) / 1e6)),
    figure('analytics: bars into the ledger, computing of PostgreSQL', 'us each', micros(theirs)),
    figure('analytics: bars from the ledger into DuckDB', 'bars/s', versions / kept),
  ]
}

const START_MS = Date.parse('2026-01-05T14:30:00Z')

/** Minutes of a day and night market, one after the other. */
function barLine(instrument: number, minute: number): object {
  const idAt = (n: number): string => `bar:I${instrument}:${new Date(START_MS + n * 60_000).toISOString().slice(0, 16).replace(':', '.')}`
  const price = 100 + ((instrument + minute) % 50) / 100
  return {
    command: 'RecordBar',
    entityId: idAt(minute),
    commandId: `bar-${minute}`,
    data: {
      open: String(price),
      high: String(price + 1),
      low: String(price - 1),
      close: String(price),
      volume: '1200',
      source: 'bench',
      previousBarId: minute === 0 ? null : idAt(minute - 1),
      onAnomaly: 'flag',
    },
  }
}
