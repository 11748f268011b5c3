// Promises: AAPL's messages and a broker's FIX log in DuckDB and in Snowflake's stand-in: every row of every analytics view is the same in both and in memory; positions are those of PostgreSQL and MongoDB, to the byte; and every
// named query is answered the same by both, to the last decimal. By default the first messages of AAPL; STRATA_TEST_LONG=1: all of them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { importFix } from '../../bin/import/fix-file.ts'
import { add, product, type Decimal } from '../../ledger/decimal.ts'
import type { Ledger } from '../../ledger/index.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { analytics } from '../../projections/analytics/index.ts'
import { answerOf } from '../../projections/queries/contract.testing.ts'
import { queries } from '../../projections/queries/index.ts'
import { advance } from '../../projections/runner/advance.ts'
import { duckdbSink } from '../../projections/sinks/duckdb.ts'
import { memorySink } from '../../projections/sinks/memory.ts'
import type { AnalyticSink, Sink } from '../../projections/sinks/sink.ts'
import { snowflakeSink } from '../../projections/sinks/snowflake.ts'
import { lobster, lobsterFigures, lobsterPart, type LobsterPart } from '../real/lobster.ts'
import { sharedData } from '../shared-data.ts'
import { sharedMongo, sharedSnowflake } from '../services/shared.ts'
import { testSnowflake } from '../snowflake.ts'
import { followed, type Documents, type Followed } from './followed.ts'

const fix = sharedData('fix-ireach')
const [mongo, snowflake] = [await sharedMongo(), await sharedSnowflake()]
const options = { skip: lobster.missing || fix.missing || mongo.skip || snowflake.skip, timeout: 900_000 }
const LONG = process.env['STRATA_TEST_LONG'] === '1'
const MESSAGES = LONG ? 91_997 : 2_500
const BATCH = 5_000

const end = new AsyncDisposableStack()
let way: Followed
let part: LobsterPart
let documents: Documents
let tables: readonly AnalyticSink[]
before(async () => {
  if (options.skip) return
  way = end.use(await followed(mongo.address))
  part = await lobsterPart(way.folder, MESSAGES)
  tables = [
    end.use(duckdbSink({ path: `${way.folder}/way-out.duckdb` })),
    end.use(snowflakeSink({ url: testSnowflake(snowflake.address) })),
  ]
})
after(() => end.disposeAsync())

/** Every analytics view of the whole feed. */
async function fed({ feed }: Ledger, sink: Sink): Promise<void> {
  for (const projection of Object.values(analytics)) {
    const view = await sink.open(projection, 'live')
    for (let at = feed.beginning; ;) {
      const page = await feed.read(at, BATCH)
      const { poisoned } = await advance(view, projection, page.versions, () => Promise.resolve(false))
      assert.deepEqual(poisoned, [])
      if (page.caughtUp) break
      at = page.next
    }
  }
}

async function rowsOf(sink: Sink, name: string): Promise<readonly unknown[]> {
  const view = await sink.open(analytics[name] as (typeof analytics)[string], 'live')
  const rows = []
  for await (const { key, body, partition, position } of view.all()) rows.push({ key, body, partition, position })
  return rows
}

test('every row is the same in DuckDB, in Snowflake and in memory', options, async (t) => {
  await importFix(way.ledger, fix.path('ireach.log'))
  await part.bringIn(way.ledger)
  await way.drained()
  documents = await way.same()
  await using memory = memorySink()
  for (const sink of [memory, ...tables]) {
    const started = performance.now()
    await fed(way.ledger, sink)
    t.diagnostic(`${sink.name}: ${Object.keys(analytics).length} views in ${Math.round(performance.now() - started)} ms`)
  }
  for (const name of Object.keys(analytics)) {
    const expected = await rowsOf(memory, name)
    for (const sink of tables) assert.deepEqual(await rowsOf(sink, name), expected, `${name} in ${sink.name}`)
  }
})

test('positions and risk are the documents of PostgreSQL and MongoDB', options, async () => {
  for (const name of ['positions', 'portfolio_risk', 'trades'])
    for (const sink of tables) {
      const rows = (await rowsOf(sink, name)) as readonly { readonly body: JsonObject | null }[]
      const kept = rows.flatMap(({ body }) => (body ? [body] : []))
      assert.ok(kept.length > 0)
      assert.deepEqual(kept, documents.get(name), `${name} in ${sink.name}`)
    }
})

test('every named query is answered the same by both, to the last decimal', options, async () => {
  const [duckdb, other] = tables as [AnalyticSink, AnalyticSink]
  for (const query of Object.values(queries)) {
    const given = query.name === 'versions_as_of' ? { asOf: '2199-01-01T00:00:00Z' } : {}
    const answer = await answerOf(duckdb, query, { ...given, limit: '1000' })
    assert.deepEqual(await answerOf(other, query, { ...given, limit: '1000' }), answer, query.name)
  }
})

test('quantities and notional of AAPL, as counted message by message', options, async () => {
  const figures = lobsterFigures(part.messages)
  for (const sink of tables) {
    const positions = (await answerOf(sink, queries['positions'] as (typeof queries)[string], { limit: '1000' }))
      .data as readonly Position[]
    const aapl = positions.find(({ instrument, executions }) => instrument === 'AAPL' && executions > 100)
    assert.ok(aapl, sink.name)
    assert.deepEqual(
      [Number(aapl.boughtQuantity), Number(aapl.soldQuantity), Number(product(add(aapl.boughtAmount, aapl.soldAmount), '10000'))],
      [figures.executed_shares_where_resting_side_buy, figures.executed_shares_where_resting_side_sell, figures.total_notional_usd_x10000],
    )
  }
})

interface Position {
  readonly instrument: string
  readonly boughtQuantity: Decimal
  readonly boughtAmount: Decimal
  readonly soldQuantity: Decimal
  readonly soldAmount: Decimal
  readonly executions: number
}
