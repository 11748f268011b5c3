// What an old snapshot does that is held open: nothing dead can be removed under it. Appends, and as-of reads of this very moment (each settles a partition, and may write its row), against the same
// in a ledger without one. Both take turns.
import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../ledger/database.ts'
import { now } from '../ledger/instant.ts'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { DEFAULT_PARTITIONS } from '../ledger/migrate.ts'
import { fill, filledTrade } from './filled.ts'
import { appendNext } from './hand.ts'
import type { Bench, BenchContext } from './index.ts'
import { compared, type Result } from './result.ts'
import { median, percentile, seconds } from './statistics.ts'

const ENTITIES = 3_000
const BATCH = 300
const UPDATES_EACH = { short: 12, full: 100 }
const READS = 1_500

export const snapshot: Bench = async (context) => {
  const { server } = context
  const urls = [await server.ledger(), await server.ledger()] as const
  for (const url of urls) await fill(url, { entities: ENTITIES, versionsEach: 1 })
  const old = new pg.Client({ connectionString: urls[0] })
  await old.connect()
  await old.query('begin isolation level repeatable read')
  await old.query('select count(*) from ledger.versions')
  const results = [await appends(urls, context), await reads(urls)]
  await old.end()
  for (const url of urls) await server.drop(url)
  return results
}

async function appends(urls: readonly [string, string], { full }: BenchContext): Promise<Result> {
  const databases = urls.map((url) => openDatabase({ url, connections: 1, name: 'bench' }))
  const taken: readonly [number[], number[]] = [[], []]
  const last = 1 + (full ? UPDATES_EACH.full : UPDATES_EACH.short)
  for (let version = 2; version <= last; version++)
    for (let from = 0; from < ENTITIES; from += BATCH)
      for (const [side, database] of databases.entries())
        taken[side as 0 | 1].push(await appendNext(database, from, BATCH, version, DEFAULT_PARTITIONS))
  for (const database of databases) await database.end()
  // The later half: what has piled up by then counts.
  const [under, without] = taken.map((side) => side.slice(side.length / 2)) as [number[], number[]]
  const ratio = median(under.map((one, n) => (without[n] ?? NaN) / one))
  const name = `snapshot: updates under an old snapshot (${last - 1} of each entity), against without`
  return compared(name, 'versions/s', BATCH / median(under), BATCH / median(without), { atLeast: 0.8 }, ratio)
}

async function reads(urls: readonly [string, string]): Promise<Result> {
  await using under = await openLedger({ url: urls[0] })
  await using without = await openLedger({ url: urls[1] })
  const taken: readonly [number[], number[]] = [[], []]
  for (let read = 0; read < READS; read++) {
    // A new millisecond, so that each has something to settle.
    await sleep(1)
    taken[0].push(await asOfNow(under, read))
    taken[1].push(await asOfNow(without, read))
  }
  const [p50, against] = taken.map((side) => percentile(side.slice(side.length / 2), 0.5) * 1e6) as [number, number]
  return compared('snapshot: as-of reads of this moment under an old snapshot, p50, against without', 'us', p50, against, { atMost: 2 })
}

const asOfNow = (ledger: Ledger, n: number): Promise<number> => {
  const at = now()
  return seconds(() => ledger.read.asOf(filledTrade(n % ENTITIES), at))
}
