// The programs in the guides of sinks, run as they stand beside the real servers: they print what the guides show.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { projector } from '../../projections/runner/projector.ts'
import { kafkaRelay } from '../../projections/sinks/kafka/relay.ts'
import { mongoSink } from '../../projections/sinks/mongo.ts'
import { views } from '../../projections/views/index.ts'
import { amended, appendUnit, submitted } from '../../test/append-unit.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { sharedKafka, sharedMongo } from '../../test/services/shared.ts'
import { fences, isAsShown } from '../markdown.ts'

const PRINTED_WITHIN_MS = 60_000
const root = join(import.meta.dirname, '..', '..')
const mongo = await sharedMongo()
const kafka = await sharedKafka()
const mongoUrl = mongo.address.replace('/?', `/guide_${process.pid}?`)
const prefix = `guide${process.pid}`
const end = new AsyncDisposableStack()

before(async () => {
  const db: TestDatabase = end.use(await testDatabase({ partitions: 4 }))
  const ledger: Ledger = end.use(await openLedger({ url: db.url }))
  await appendUnit(ledger, [submitted('trade:alice:T-1')])
  await appendUnit(ledger, [amended('trade:alice:T-1', { quantity: '120' })])
  await appendUnit(ledger, [submitted('trade:alice:T-2')])
  const sinks = mongo.skip ? [] : [end.use(mongoSink({ url: mongoUrl }))]
  const relays = kafka.skip ? [] : [end.use(kafkaRelay({ brokers: [kafka.address], prefix }))]
  const one = end.use(projector({ ledger, sinks, relays, projections: Object.values(views) }))
  for (const until = Date.now() + PRINTED_WITHIN_MS; ; await sleep(50)) {
    const statuses = await Promise.all(one.runs.map((run) => one.control.status(run)))
    if (statuses.every(({ lag }) => lag.versions === 0)) return
    if (Date.now() > until) assert.fail(JSON.stringify(statuses))
  }
})
after(() => end.disposeAsync())

/** Until it has printed that, or has ended. */
async function run(program: string, expected: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const ended = new Promise((resolve) => child.once('close', resolve))
  for (const until = Date.now() + PRINTED_WITHIN_MS; Date.now() < until && !isAsShown(printed, expected);)
    if ((await Promise.race([ended, sleep(50)])) !== undefined) break
  child.kill()
  return printed
}

for (const [page, { skip }] of [
  ['sink-mongodb.md', mongo],
  ['sink-kafka.md', kafka],
] as const)
  test(`${page}: its programs print what it shows`, { skip }, async () => {
    const blocks = fences(await readFile(join(import.meta.dirname, page), 'utf8'))
    const programs = blocks.flatMap((block, n) => (block.language === 'js' ? [{ ...block, expected: blocks[n + 1]?.text ?? '' }] : []))
    assert.ok(programs.length > 0)
    for (const { text, expected, info } of programs) {
      const program = text
        .replaceAll('mongodb://127.0.0.1:27017/strata?replicaSet=rs0', mongoUrl)
        .replaceAll('127.0.0.1:9092', kafka.address)
        .replaceAll('strata.trade', `${prefix}.trade`)
      const printed = await run(program, expected)
      assert.ok(isAsShown(printed, expected), `${page}, ${info} printed\n${printed}`)
    }
  })
