// Promises: real data of five kinds, published by the relay to a broker that is killed and started again on the way, and taken from there by the consumer kit into PostgreSQL, is the ledger row for
// row: each version once, each entity's in order. By default a part of each source and one kill; STRATA_TEST_LONG=1: all of them, and a kill for every 60,000 versions.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { importFix } from '../../bin/import/fix-file.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { anySeed } from '../../projections/consumer/stores/contract.testing.ts'
import { chanceOf, type Chance } from '../../projections/consumer/world.testing.ts'
import { projector, type RunChange } from '../../projections/runner/projector.ts'
import { kafkaRelay } from '../../projections/sinks/kafka/relay.ts'
import { kafka } from '../../scripts/services/kafka.ts'
import type { Service } from '../../scripts/services/service.ts'
import { testDatabase } from '../database.ts'
import { countVersions, runExample } from '../example.ts'
import { BERKA_END, berka, berkaPart } from '../real/berka.ts'
import { lobster, lobsterPart } from '../real/lobster.ts'
import { quantcup, quantcupPart } from '../real/quantcup.ts'
import { servicenow, servicenowPart } from '../real/servicenow.ts'
import { served } from '../served.ts'
import { missing } from '../services/shared.ts'
import { sharedData } from '../shared-data.ts'
import { assertInOrder, assertIsLedger, copying, type Copy } from './copy.ts'

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

const COPIED_WITHIN_MS = LONG ? 1_200_000 : 200_000
const POLL_MS = LONG ? 2_000 : 100
const AWAY_AT_MOST_MS = LONG ? 8_000 : 2_000

async function hasCopied(copy: Copy, versions: number): Promise<void> {
  for (const deadline = Date.now() + COPIED_WITHIN_MS; (await copy.count()) < versions; await sleep(POLL_MS))
    assert.ok(Date.now() < deadline, `${await copy.count()} of ${versions} versions were copied`)
}

/** Answers how many versions had been copied each time. */
async function killBroker(copy: Copy, chance: Chance): Promise<readonly number[]> {
  const moments = LONG ? Array.from({ length: 5 }, (_, n) => (n + chance()) * 60_000) : [500 + chance() * 2_500]
  const killedAt: number[] = []
  for (const versions of moments) {
    await hasCopied(copy, versions)
    await broker?.kill()
    killedAt.push(await copy.count())
    await sleep(chance() * AWAY_AT_MOST_MS)
    await broker?.start()
  }
  return killedAt
}

test('row for row the ledger, with the broker killed and started again', { skip, timeout: 1_500_000 }, async (t) => {
  const seed = anySeed()
  t.diagnostic(`STRATA_TEST_SEED=${seed}`)
  await using end = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'strata-relay-'))
  end.defer(() => rm(folder, { recursive: true }))
  const database = end.use(await testDatabase())
  const own = end.use(await testDatabase({ migrate: false }))
  const ledger = end.use(await openLedger({ url: database.url }))
  const address = broker?.address ?? ''
  const relay = end.use(kafkaRelay({ brokers: [address] }))
  let failures = 0
  const onChange = (_: unknown, { to }: RunChange): void => void (to === 'failing' && failures++)
  end.use(projector({ ledger, sinks: [], projections: [], relays: [relay], onChange }))
  const copy = end.use(await copying(address, own.url))

  const started = performance.now()
  const [killedAt] = await Promise.all([killBroker(copy, chanceOf(seed)), bringIn(ledger, database.url, folder)])
  const imported = performance.now()
  const versions = await countVersions(ledger)
  await hasCopied(copy, versions)
  const done = performance.now()
  await copy.stop()

  assert.ok(Math.max(...killedAt) < versions, 'it was killed before the end')
  assert.equal(await assertIsLedger(copy, database.url), versions)
  await assertInOrder(copy)
  assert.deepEqual(await copy.store.gaps(10), [])
  const { records, troubles } = copy.seen
  t.diagnostic(
    `${versions} versions in ${Math.round(done - started)} ms, the last ones ${Math.round(done - imported)} ms after all was imported`,
  )
  t.diagnostic(
    `killed at ${killedAt.join(', ')}: ${failures} failures of the relay, ${troubles} of the consumer, ${records - versions} versions came again`,
  )
})
