// Promises: real data of five kinds, published by the relay to a broker that is killed and started again on the way, and taken from there by the consumer kit into PostgreSQL, is the ledger row for
// row: each version once, each entity's in order. By default a part of each source and one kill; STRATA_TEST_LONG=1: all of them, and a kill for every 60,000 versions.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { importFix } from '../../bin/import/fix-file.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { consume, kafkaTopics, openPostgresStore, type Consumer, type Source } from '../../projections/consumer/index.ts'
import { anySeed } from '../../projections/consumer/stores/contract.testing.ts'
import { chanceOf } from '../../projections/consumer/world.testing.ts'
import { projector } from '../../projections/runner/projector.ts'
import { kafkaRelay } from '../../projections/sinks/kafka/relay.ts'
import { kafka } from '../../scripts/services/kafka.ts'
import type { Service } from '../../scripts/services/service.ts'
import { testDatabase } from '../database.ts'
import { countVersions, runExample } from '../example.ts'
import { testKafka } from '../kafka.ts'
import { BERKA_END, berka, berkaPart } from '../real/berka.ts'
import { lobster, lobsterPart } from '../real/lobster.ts'
import { quantcup, quantcupPart } from '../real/quantcup.ts'
import { servicenow, servicenowPart } from '../real/servicenow.ts'
import { served } from '../served.ts'
import { missing } from '../services/shared.ts'
import { sharedData } from '../shared-data.ts'
import { assertInOrder, assertIsLedger, makeCopy, writeCopy } from './copy.ts'

const LONG = process.env['STRATA_TEST_LONG'] === '1'
const fix = sharedData('fix-ireach')

/** A broker of its own: it is killed. */
let broker: Service | undefined
let skip: string | false = fix.missing || quantcup.missing || lobster.missing || berka.missing || servicenow.missing
if (!skip)
  try {
    broker = await kafka.start()
  } catch (error) {
    skip = missing(kafka.name, error)
  }
after(() => broker?.[Symbol.asyncDispose]())

/** One owner each, but for the last, which has ten. */
async function bringIn(ledger: Ledger, url: string, folder: string): Promise<void> {
  await importFix(ledger, fix.path('ireach.log'))
  await (await lobsterPart(folder, LONG ? Infinity : 2_000)).bringIn(ledger)
  await using server = await served(url)
  await runExample((await berkaPart(folder, LONG ? BERKA_END : '930131')).example(server.url))
  await runExample((await servicenowPart(folder, LONG ? Infinity : 1_000)).example(url))
  await runExample((await quantcupPart(folder, LONG ? Infinity : 1_000)).example(url))
}

const KINDS = ['trade', 'account', 'ticket', 'deadletter']
const COPIED_WITHIN_MS = LONG ? 1_200_000 : 200_000
const AWAY_AT_MOST_MS = LONG ? 8_000 : 2_000

test('row for row the ledger, with the broker killed and started again', { skip, timeout: 1_500_000 }, async (t) => {
  const seed = anySeed()
  t.diagnostic(`STRATA_TEST_SEED=${seed}`)
  const chance = chanceOf(seed)
  await using end = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'strata-relay-'))
  end.defer(() => rm(folder, { recursive: true }))
  const database = end.use(await testDatabase())
  const own = end.use(await testDatabase({ migrate: false }))
  const ledger = end.use(await openLedger({ url: database.url }))
  const pool = new pg.Pool({ connectionString: own.url, max: 4 })
  // A pool is ended before its connections are, and the database may be dropped before they are closed.
  pool.on('connect', (client) => client.on('error', () => {}))
  end.defer(() => pool.end())
  const address = broker?.address ?? ''

  const relay = end.use(kafkaRelay({ brokers: [address] }))
  let failures = 0
  end.use(
    projector({ ledger, sinks: [], projections: [], relays: [relay], onChange: (_, { to }) => void (to === 'failing' && failures++) }),
  )

  await makeCopy(pool)
  const consumer: Consumer<pg.PoolClient> = { store: await openPostgresStore({ pool }), strategy: 'contiguous', handle: writeCopy }
  const topics = kafkaTopics({ kafka: testKafka(address), groupId: 'copy', topics: KINDS.map((kind) => `strata.${kind}`) })
  let delivered = 0
  const source: Source = {
    name: topics.name,
    async *read(cursor, signal) {
      for await (const arrival of topics.read(cursor, signal)) {
        delivered += arrival.records.length
        yield arrival
      }
    },
  }
  const stop = new AbortController()
  let troubles = 0
  const consuming = consume(consumer, source, { signal: stop.signal, onTrouble: () => troubles++ })
  const copied = async (): Promise<number> => (await pool.query<{ n: number }>('select count(*)::integer as n from copy')).rows[0]?.n ?? 0
  const until = async (versions: number): Promise<void> => {
    for (const deadline = Date.now() + COPIED_WITHIN_MS; (await copied()) < versions; await sleep(LONG ? 2_000 : 100))
      assert.ok(Date.now() < deadline, `${await copied()} of ${versions} versions were copied`)
  }

  const started = performance.now()
  const kills = LONG ? Array.from({ length: 5 }, (_, n) => (n + chance()) * 60_000) : [500 + chance() * 2_500]
  const killedAt: number[] = []
  const killing = (async () => {
    for (const versions of kills) {
      await until(versions)
      await broker?.kill()
      killedAt.push(await copied())
      await sleep(chance() * AWAY_AT_MOST_MS)
      await broker?.start()
    }
  })()
  await Promise.all([bringIn(ledger, database.url, folder), killing])
  const imported = performance.now()
  const versions = await countVersions(ledger)
  await until(versions)
  const done = performance.now()
  stop.abort()
  await consuming

  assert.ok(
    killedAt.length === kills.length && killedAt.every((copies) => copies < versions),
    `killed at ${killedAt.join()} of ${versions}`,
  )
  assert.equal(await assertIsLedger(pool, database.url), versions)
  await assertInOrder(pool)
  assert.deepEqual(await consumer.store.gaps(10), [])
  t.diagnostic(
    `${versions} versions, copied ${Math.round(done - started)} ms after the first import began, ${Math.round(done - imported)} ms after the last one ended`,
  )
  t.diagnostic(
    `killed at ${killedAt.join(', ')} copied: ${failures} failures of the relay, ${troubles} of the consumer, ${delivered - versions} versions came again`,
  )
})
