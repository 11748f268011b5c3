// Promises: Snowflake that is away, is killed, or forgets its sessions costs time only; readers of a view that is swapped see what was, or what is. On a stand-in of its own.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../../ledger/failure.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { snowflake } from '../../scripts/services/snowflake.ts'
import type { Service } from '../../scripts/services/service.ts'
import { amended, appendUnit, submitted } from '../../test/append-unit.ts'
import { testDatabase } from '../../test/database.ts'
import { missing } from '../../test/services/shared.ts'
import { analytics } from '../analytics/index.ts'
import type { Projection } from '../projection.ts'
import { assertWhole, inState } from '../runner/projected.testing.ts'
import { projector } from '../runner/projector.ts'
import { postgresSink } from './postgres.ts'
import { views } from '../views/index.ts'
import { contents, counting, feedInto, versions } from './made-up.testing.ts'
import type { AnalyticSink, ViewDocument } from './sink.ts'
import { snowflakeSink, type SnowflakeSinkOptions } from './snowflake.ts'
import { expected } from './snowflake/expected.testing.ts'

let server: Service | undefined
let skip: string | false = false
try {
  server = await snowflake.start()
} catch (error) {
  skip = missing(snowflake.name, error)
}
after(() => server?.[Symbol.asyncDispose]())

const url = server?.address ?? ''
const PACE = { batchVersions: 500, gatherMs: 25 }
const FAST = { heartbeatMs: 100, leaseMs: 2_000 }
const sinkHere = (options: Partial<SnowflakeSinkOptions> = {}): AnalyticSink => snowflakeSink({ url, pace: PACE, ...options })
const portfolioRisk = views['portfolio_risk'] as Projection
const everyVersion = analytics['versions'] as Projection

async function write(ledger: Ledger, goesOn: (round: number) => boolean): Promise<void> {
  for (let n = 0; goesOn(n); n++) {
    const trade = `trade:w${n % 7}:T-${n}`
    await appendUnit(ledger, [submitted(trade, { side: n % 2 === 0 ? 'buy' : 'sell' })])
    await appendUnit(ledger, [amended(trade, { price: String(n + 2) })])
    await sleep(1)
  }
}

test('away, then back: it says so, and catches up, while nothing else notices', { skip, timeout: 200_000 }, async (t) => {
  await using db = await testDatabase()
  await using ledger = await openLedger({ url: db.url })
  await using sink = sinkHere({ statementTimeoutMs: 3_000 })
  await using other = postgresSink({ url: db.url })
  await using one = projector({ ledger, sinks: [sink, other], projections: [portfolioRisk], ...FAST })
  const run = { sink: 'snowflake', view: portfolioRisk.name }
  let goesOn = true
  const load = write(ledger, () => goesOn)
  await inState(one, run, ({ positions }) => positions.some((position) => position > 5))
  await server?.stop()
  const stopped = performance.now()
  const { error } = await inState(one, run, ({ state }) => state === 'retrying')
  t.diagnostic(`retrying after ${Math.round(performance.now() - stopped)} ms: ${error}`)
  assert.match(error ?? '', /Snowflake/)
  assert.equal((await one.control.status({ sink: 'postgres', view: portfolioRisk.name })).state, 'running')
  goesOn = false
  await load
  await assertWhole(ledger, other, portfolioRisk)
  await server?.start()
  await inState(one, run, ({ state }) => state === 'running')
  await assertWhole(ledger, sink, portfolioRisk)
})

test('killed under load: what was acknowledged is there, and in the end every version', { skip, timeout: 200_000 }, async () => {
  await using db = await testDatabase()
  await using ledger = await openLedger({ url: db.url })
  await using sink = sinkHere({ statementTimeoutMs: 5_000 })
  await using one = projector({ ledger, sinks: [sink], projections: [everyVersion], ...FAST })
  const run = { sink: 'snowflake', view: everyVersion.name }
  let goesOn = true
  const load = write(ledger, () => goesOn)
  const sum = (positions: readonly number[]): number => positions.reduce((so, position) => so + position, 0)
  for (let kill = 0; kill < 3; kill++) {
    const before = sum((await one.control.status(run)).positions)
    const { positions } = await inState(one, run, ({ positions: now }) => sum(now) > before + 20)
    await server?.kill()
    await server?.start()
    const places = await (await sink.open(everyVersion, 'live')).places()
    for (const [partition, position] of positions.entries()) assert.ok((places.get(partition)?.position ?? 0) >= position)
  }
  goesOn = false
  await load
  await assertWhole(ledger, sink, everyVersion)
})

test('sessions that the server has forgotten are opened anew', { skip }, async () => {
  await using sink = sinkHere()
  const projection = counting('forgotten')
  const view = await sink.open(projection, 'live')
  await feedInto(view, projection, versions(0, 20))
  await server?.kill()
  await server?.start()
  await feedInto(view, projection, versions(20, 40))
  assert.deepEqual(await contents(view), await expected(projection, 40))
})

test('a server that does not answer is unavailable, in time', { skip }, async () => {
  await using sink = snowflakeSink({ url: url.replace(/127\.0\.0\.1%3A\d+/, '127.0.0.1%3A9'), statementTimeoutMs: 4_000 })
  const started = performance.now()
  await assert.rejects(sink.open(counting('nowhere'), 'live'), Unavailable)
  assert.ok(performance.now() - started < 10_000)
})

test('readers see what was, or what is, while views are swapped under them', { skip, timeout: 200_000 }, async () => {
  await using sink = sinkHere()
  const projection = counting('read_meanwhile')
  await feedInto(await sink.open(projection, 'live'), projection, versions(0, 40))
  const sum = (documents: readonly ViewDocument[]): number => documents.reduce((so, { document }) => so + Number(document['count']), 0)
  const opened = await sink.open(projection, 'live')
  const whole = sum((await opened.read({ filters: {}, limit: 100 })).documents)
  let swapping = true
  let reads = 0
  const reading = [1, 2].map(async () => {
    for (; swapping; reads++) {
      const { documents } = await opened.read({ filters: {}, limit: 100 })
      assert.deepEqual([sum(documents), new Set(documents.map(({ document }) => document['generation'])).size], [whole, 1])
    }
  })
  const asking = (async () => {
    for (; swapping; reads++) {
      const [row] = await sink.select(
        {
          text: `SELECT SUM(DOCUMENT:count::NUMBER(38,0)) AS WHOLE, COUNT(DISTINCT DOCUMENT:generation::VARCHAR) AS GENERATIONS FROM read_meanwhile`,
          values: [],
          columns: { whole: 'integer', generations: 'integer' },
          orderBy: 'whole',
          limit: 1,
        },
        { timeoutMs: 10_000 },
      )
      assert.equal(row?.['whole'], whole)
      assert.ok(Number(row?.['generations']) <= 1)
    }
  })()
  for (let generation = 2; generation < 8; generation++) {
    const better = counting(projection.name, generation)
    const marked: Projection = {
      ...better,
      apply(document, record, before) {
        const counted = better.apply(document, record, before)
        return counted && { ...counted, generation }
      },
    }
    await feedInto(await sink.open(marked, 'next'), marked, versions(0, 40))
    await sink.swap(marked)
  }
  swapping = false
  await Promise.all([...reading, asking])
  assert.ok(reads > 20, `${reads} reads`)
})
