// Promises: a replayed view is, to the byte, what the live one held at that instant; by effective time, what its entities were then; and what was skipped in the live one is not in it.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TradeState } from '../ledger/entities/trade.ts'
import { ownerOf } from '../ledger/entity-id.ts'
import { InTheFuture } from '../ledger/failure.ts'
import { openLedger, type Ledger } from '../ledger/index.ts'
import type { Instant } from '../ledger/instant.ts'
import type { VersionRecord } from '../ledger/record.ts'
import { analytics } from '../projections/analytics/index.ts'
import { Poisoned, type Kept } from '../projections/fold.ts'
import type { Projection } from '../projections/projection.ts'
import { caughtUp, feedOf } from '../projections/runner/projected.testing.ts'
import { BATCH_VERSIONS } from '../projections/runner/pages.ts'
import { projector } from '../projections/runner/projector.ts'
import { skip } from '../projections/runner/skip.ts'
import { contents } from '../projections/sinks/made-up.testing.ts'
import { duckdbSink } from '../projections/sinks/duckdb.ts'
import { memorySink } from '../projections/sinks/memory.ts'
import { postgresSink } from '../projections/sinks/postgres.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import { views } from '../projections/views/index.ts'
import { slowPositions, slowRisk } from '../projections/views/slow.testing.ts'
import { amended, appendUnit, edited, moved, accountOpened, opened, submitted } from '../test/append-unit.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { replayView } from './replay-view.ts'

let db: TestDatabase
let ledger: Ledger

before(async () => {
  db = await testDatabase({ partitions: 4 })
  ledger = await openLedger({ url: db.url })
})
after(async () => {
  await ledger.close()
  await db.drop()
})

const all = Object.values(views)
const tables = Object.values(analytics)
const never = new AbortController().signal
const OWNERS = ['ann', 'bob', 'cid', 'dee', 'eve']
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item

async function now(): Promise<Instant> {
  const { rows } = await ledger.database.query<{ now: Instant }>('select clock_timestamp() as now')
  return rows[0]?.now ?? ''
}

const day = (): Instant => `2026-01-${String(1 + Math.floor(Math.random() * 28)).padStart(2, '0')}T00:00:00.000000Z`

const known = { trades: [] as string[], executions: [] as { trade: string; executionId: string }[], tickets: [] as string[] }
let made = 0

/** Anything that happens, effective on any day. */
async function something(): Promise<void> {
  const effective = Math.random() < 0.8 ? { effectiveAt: day() } : {}
  const n = ++made
  const trade = pick(known.trades)
  const chance = Math.random()
  if (chance < 0.25 || trade === undefined) {
    const id = `trade:${pick(OWNERS)}:T-${n}`
    const terms = { side: pick(['buy', 'sell']), instrument: pick(['AAPL', 'MSFT']), price: String(1 + (n % 17)), quantity: '1000000' }
    await appendUnit(ledger, [submitted(id, terms)], effective)
    known.trades.push(id)
  } else if (chance < 0.5) {
    known.executions.push({ trade, executionId: `E-${n}` })
    const data = { executionId: `E-${n}`, quantity: String(1 + (n % 30)), price: String(1 + (n % 7)), commission: '0.1' }
    await appendUnit(ledger, [{ entityId: trade, event: 'ExecutionRecorded', data }], effective)
  } else if (chance < 0.6 && known.executions.length > 0) {
    const [{ trade: of, executionId }] = known.executions.splice(Math.floor(Math.random() * known.executions.length), 1) as [
      { trade: string; executionId: string },
    ]
    await appendUnit(ledger, [{ entityId: of, event: 'ExecutionBusted', data: { executionId, reason: 'r' } }], effective)
  } else if (chance < 0.7)
    await appendUnit(ledger, [amended(trade, { price: String(1 + (n % 90)), quantity: String(1_000_000 + (n % 50)) })], effective)
  else if (chance < 0.75) await appendUnit(ledger, [{ entityId: trade, event: 'TradeCancelled', data: {} }], effective)
  else if (chance < 0.85) {
    const id = `ticket:${pick(OWNERS)}:K-${n}`
    await appendUnit(ledger, [opened(id)], effective)
    known.tickets.push(id)
  } else if (chance < 0.92 && known.tickets.length > 0)
    await appendUnit(ledger, [edited(pick(known.tickets), { priority: `p${n}` })], effective)
  else {
    const [from, to] = [`account:${pick(OWNERS)}:A-${n}`, `account:${pick(OWNERS)}:B-${n}`]
    await appendUnit(ledger, [accountOpened(from), accountOpened(to)], effective)
    await appendUnit(ledger, moved(from, to, '5'), effective)
  }
}

async function allCaughtUp(sink: Sink, projections: readonly Projection[]): Promise<void> {
  for (const projection of projections) await caughtUp(ledger, sink, projection)
}

async function replayed(
  projection: Projection,
  asked: { asOf: Instant; effectiveAsOf?: Instant; sink?: string; into?: Sink },
): Promise<readonly Kept[]> {
  const { into = memorySink(), sink = 'postgres', ...when } = asked
  const view = await into.open(projection, 'live')
  await replayView({ ledger, projection, into: view, sink, signal: never, ...when })
  return contents(view)
}

test('at random instants, every view is what the live one was', async () => {
  await using sink = postgresSink({ url: db.url })
  await using elsewhere = postgresSink({ url: db.url, schema: 'asof' })
  await using _ = projector({ ledger, sinks: [sink], projections: all, heartbeatMs: 100 })
  const snapshots: { readonly asOf: Instant; readonly held: ReadonlyMap<string, readonly Kept[]> }[] = []
  for (let n = 0; n < 6; n++) {
    for (let count = Math.random() * 60; count > 0; count--) await something()
    await allCaughtUp(sink, all)
    // The instant of the last version itself, or one after it.
    const asOf =
      n % 2 === 0
        ? await now()
        : ((await feedOf(ledger))
            .map(({ recordedAt }) => recordedAt)
            .toSorted()
            .at(-1) ?? '')
    const held = new Map<string, readonly Kept[]>()
    for (const projection of all) held.set(projection.name, await contents(await sink.open(projection, 'live')))
    snapshots.push({ asOf, held })
  }
  for (const { asOf, held } of snapshots)
    for (const projection of all)
      assert.deepEqual(await replayed(projection, { asOf }), held.get(projection.name), `${projection.name} at ${asOf}`)
  const [first] = snapshots
  const trades = views['trades'] as Projection
  assert.deepEqual(await replayed(trades, { asOf: first?.asOf ?? '', into: elsewhere }), first?.held.get('trades'))
})

test('at random instants, every analytics view in DuckDB is what the live one was', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strata-replay-'))
  {
    await using live = duckdbSink({ path: join(folder, 'live.duckdb') })
    await using _ = projector({ ledger, sinks: [live], projections: tables, heartbeatMs: 100 })
    const snapshots: { readonly asOf: Instant; readonly held: ReadonlyMap<string, readonly Kept[]> }[] = []
    for (let n = 0; n < 4; n++) {
      for (let count = 10 + Math.random() * 60; count > 0; count--) await something()
      await allCaughtUp(live, tables)
      const asOf = await now()
      const held = new Map<string, readonly Kept[]>()
      for (const projection of tables) held.set(projection.name, await contents(await live.open(projection, 'live')))
      snapshots.push({ asOf, held })
    }
    for (const [n, { asOf, held }] of snapshots.entries()) {
      await using into = duckdbSink({ path: join(folder, `${n}.duckdb`) })
      for (const projection of tables) {
        const { name } = projection
        assert.deepEqual(await replayed(projection, { asOf, into }), held.get(name), `${name} at ${asOf}, in DuckDB`)
        assert.deepEqual(await replayed(projection, { asOf }), held.get(name), `${name} at ${asOf}, in memory`)
      }
    }
  }
  await rm(folder, { recursive: true })
})

test('by effective time, every view is what its entities were', async () => {
  for (let n = 0; n < 150; n++) await something()
  const records = await feedOf(ledger)
  const instants = records.map(({ recordedAt }) => recordedAt).toSorted()
  for (let n = 0; n < 6; n++) {
    const asOf = n === 0 ? await now() : pick(instants)
    const effectiveAsOf = n === 1 ? '2200-01-01T00:00:00.000000Z' : day()
    const entities: VersionRecord[] = []
    for (const id of new Set(records.map(({ entityId }) => entityId))) {
      const { record } = await ledger.read.effective(id, { asOf, effectiveAsOf })
      if (record) entities.push(record)
    }
    const shownOf = async (name: string): Promise<Readonly<Record<string, unknown>>> => {
      const projection = views[name] as Projection
      const kept = await replayed(projection, { asOf, effectiveAsOf })
      return Object.fromEntries(kept.flatMap(({ key, body }) => (body ? [[key, projection.show(body)]] : [])))
    }
    for (const [name, kind] of [
      ['trades', 'trade'],
      ['balances', 'account'],
      ['tickets', 'ticket'],
    ] as const)
      assert.deepEqual(
        await shownOf(name),
        Object.fromEntries(
          entities
            .filter((record) => record.kind === kind)
            .map(({ state, entityId, version, recordedAt, effectiveAt }) => [
              entityId,
              { ...state, entityId, version, recordedAt, effectiveAt },
            ]),
        ),
        name,
      )
    const states = (owner: string) =>
      entities
        .filter(({ kind, entityId }) => kind === 'trade' && ownerOf(entityId) === owner)
        .map(({ state }) => state as unknown as TradeState)
    assert.deepEqual(await shownOf('portfolio_risk'), Object.assign({}, ...OWNERS.map((owner) => slowRisk(owner, states(owner)))))
    assert.deepEqual(await shownOf('positions'), Object.assign({}, ...OWNERS.map((owner) => slowPositions(owner, states(owner)))))
    const held = new Set(entities.map(({ entityId }) => entityId))
    const entries = records.filter(
      (record) => record.recordedAt <= asOf && record.effectiveAt <= effectiveAsOf && held.has(record.entityId),
    )
    assert.deepEqual(Object.keys(await shownOf('audit_trail')).length, entries.length)
  }
})

test('by effective time, the documents of a large owner are written some at a time', async () => {
  const many = Array.from({ length: BATCH_VERSIONS + 1 }, (_, n) => `ticket:large:K-${n}`)
  for (let from = 0; from < many.length; from += 100)
    await appendUnit(
      ledger,
      many.slice(from, from + 100).map((id) => opened(id)),
    )
  const sizes: number[] = []
  const memory = memorySink()
  const into: Sink = {
    ...memory,
    async open(projection, slot) {
      const view = await memory.open(projection, slot)
      return {
        ...view,
        write(batch) {
          sizes.push(batch.documents.size)
          return view.write(batch)
        },
      }
    },
  }
  const tickets = views['tickets'] as Projection
  const kept = await replayed(tickets, { asOf: await now(), effectiveAsOf: '2199-01-01T00:00:00.000000Z', into })
  assert.equal(kept.filter(({ key }) => ownerOf(key) === 'large').length, many.length)
  assert.ok(Math.max(...sizes) <= BATCH_VERSIONS, sizes.join())
})

test('what was skipped in the live view is left out, and what nobody has skipped ends the replay', async () => {
  const fragile: Projection = {
    ...(views['trades'] as Projection),
    name: 'fragile',
    apply(document, record, before) {
      if (record.state['instrument'] === 'POISON') throw new Error('it is poison')
      return (views['trades'] as Projection).apply(document, record, before)
    },
  }
  const run = { sink: 'memory', view: 'fragile' }
  const [poison] = await appendUnit(ledger, [submitted('trade:ann:POISON', { instrument: 'POISON' })])
  await appendUnit(ledger, [submitted('trade:ann:T-after')])
  assert.ok(poison)
  for (const effective of [{}, { effectiveAsOf: '2100-01-01T00:00:00.000000Z' }])
    await assert.rejects(
      replayed(fragile, { asOf: await now(), sink: 'memory', ...effective }),
      (error) => error instanceof Poisoned && error.record.entityId === poison.entityId && error.record.position === poison.position,
    )
  await using sink = memorySink()
  await using _ = projector({ ledger, sinks: [sink], projections: [fragile], heartbeatMs: 100 })
  const letter = { ...poison, error: 'it is poison', since: poison.recordedAt }
  await skip(ledger, run, letter, { actor: 'ops', reason: 'known' })
  await allCaughtUp(sink, [fragile])
  const held = await contents(await sink.open(fragile, 'live'))
  assert.ok(held.some(({ key }) => key === 'trade:ann:T-after') && !held.some(({ key }) => key === 'trade:ann:POISON'))
  assert.deepEqual(await replayed(fragile, { asOf: await now(), sink: 'memory' }), held)
  const byTime = await replayed(fragile, { asOf: await now(), sink: 'memory', effectiveAsOf: '2100-01-01T00:00:00.000000Z' })
  assert.ok(!byTime.some(({ key }) => key === 'trade:ann:POISON') && byTime.some(({ key }) => key === 'trade:ann:T-after'))
})

test('the future is refused', async () => {
  await assert.rejects(replayed(views['trades'] as Projection, { asOf: '2199-01-01T00:00:00.000000Z' }), InTheFuture)
})
