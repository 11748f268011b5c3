// Promises: what a process projects is what a fold of the whole feed makes, whoever dies on the way; and trouble stays where it is.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { amended, appendUnit, opened, submitted } from '../../test/append-unit.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { defineProjection, type Projection } from '../projection.ts'
import { memorySink } from '../sinks/memory.ts'
import { postgresSink } from '../sinks/postgres.ts'
import type { Sink } from '../sinks/sink.ts'
import { views } from '../views/index.ts'
import { control } from './control.ts'
import { assertWhole, caughtUp, inState } from './projected.testing.ts'
import { projector, type Projector } from './projector.ts'
import { skip } from './skip.ts'

let db: TestDatabase
let ledger: Ledger

before(async () => {
  db = await testDatabase()
  ledger = await openLedger({ url: db.url })
})
after(async () => {
  await ledger.close()
  await db.drop()
})

const FAST = { heartbeatMs: 100, leaseMs: 1_000 }

async function write(name: string, count = 30, run = 'T'): Promise<void> {
  for (let n = 0; n < count; n++) {
    const trade = `trade:${name}${n % 5}:${run}-${n}`
    await appendUnit(ledger, [submitted(trade, { side: n % 3 === 0 ? 'sell' : 'buy', price: String(n + 1) })])
    if (n % 2 === 0)
      await appendUnit(ledger, [
        { entityId: trade, event: 'ExecutionRecorded', data: { executionId: 'E-1', quantity: '40', price: '2.5' } },
      ])
    if (n % 4 === 0) await appendUnit(ledger, [amended(trade, { price: '7' }), opened(`ticket:${name}${n % 5}:${run}-${n}`)])
    if (n % 6 === 0)
      await appendUnit(ledger, [{ entityId: trade, event: 'ExecutionBusted', data: { executionId: 'E-1', reason: 'wrong' } }])
  }
}

test('every view, while it is written to, is what a fold of the whole feed makes', async () => {
  await using sink = postgresSink({ url: db.url })
  await using _ = projector({ ledger, sinks: [sink], projections: Object.values(views), ...FAST })
  await write('a')
  for (const view of Object.values(views)) await assertWhole(ledger, sink, view)
})

test('a view that a crash has taken back is brought up again, whatever comes after it', async () => {
  await using postgres = postgresSink({ url: db.url })
  const sink = { ...postgres, lookAgainMs: 300 }
  const projections = ['portfolio_risk', 'trades'].map((name) => views[name] as Projection)
  await using _ = projector({ ledger, sinks: [sink], projections, ...FAST })
  const tables = ['places', ...projections.flatMap(({ name }) => [name, `${name}__memory`])]
  const columns = (table: string): string =>
    table === 'places' ? 'view, slot, partition, position, recorded_at' : 'key, document, partition, position'
  const together = (statements: readonly string[]) => ledger.database.query(`begin; ${statements.join('; ')}; commit`)
  /** What is written meanwhile is not on the disk when the database crashes, and is lost all at once. */
  async function losing(write: () => Promise<unknown>): Promise<void> {
    for (const view of projections) await caughtUp(ledger, sink, view)
    await together(
      tables.flatMap((table) => [
        `drop table if exists before_${table}`,
        `create table before_${table} as select ${columns(table)} from views.${table}`,
      ]),
    )
    await write()
    for (const view of projections) await caughtUp(ledger, sink, view)
    await together(
      tables.flatMap((table) => [
        `delete from views.${table}`,
        `insert into views.${table} (${columns(table)}) select * from before_${table}`,
      ]),
    )
  }
  await write('b', 10)
  await losing(() => write('c', 10))
  await write('c', 10, 'again')
  for (const view of projections) await assertWhole(ledger, sink, view)
  // Nothing comes after it.
  await losing(() => write('d', 10))
  for (const view of projections) await assertWhole(ledger, sink, view)
  // Only others' comes after it, without a pause.
  await losing(() => appendUnit(ledger, [submitted('trade:quiet:T-1')]))
  let goesOn = true
  const others = (async () => {
    for (let n = 0; goesOn; n++) await write('e', 1, `${n}`)
  })()
  const view = await sink.open(views['trades'] as Projection, 'live')
  let isBack = false
  for (const until = Date.now() + 20_000; !isBack && Date.now() < until; await sleep(20))
    isBack = (await view.read({ filters: { owner: 'quiet' }, limit: 1 })).documents.length > 0
  goesOn = false
  await others
  assert.ok(isBack, 'what was lost of a quiet owner does not come back')
  for (const view of projections) await assertWhole(ledger, sink, view)
})

test('one that ends tells how far it has come', async () => {
  await using sink = memorySink()
  const trades = views['trades'] as Projection
  const one = projector({ ledger, sinks: [{ ...sink, name: 'ends' }], projections: [trades], heartbeatMs: 60_000, leaseMs: 120_000 })
  await write('e', 3)
  await caughtUp(ledger, sink, trades)
  const run = { sink: 'ends', view: 'trades' }
  assert.ok((await one.control.status(run)).lag.versions > 0)
  await one[Symbol.asyncDispose]()
  const { state, lag } = await control(ledger.database).status(run)
  assert.deepEqual([state, lag.versions], ['idle', 0])
})

test('one that finds a view that has seen all tells so, under whatever name the sink goes', async () => {
  await using sink = memorySink()
  const trades = views['trades'] as Projection
  {
    await using _ = projector({ ledger, sinks: [sink], projections: [trades], ...FAST })
    await write('f', 3)
    await caughtUp(ledger, sink, trades)
  }
  await using one = projector({ ledger, sinks: [{ ...sink, name: 'renamed' }], projections: [trades], ...FAST })
  await inState(one, { sink: 'renamed', view: 'trades' }, ({ state, lag }) => state === 'running' && lag.versions === 0)
})

test('several processes share the work, and what one that died held is taken over', async () => {
  await using sink = memorySink()
  const trades = views['portfolio_risk'] as Projection
  await using one = projector({ ledger, sinks: [sink], projections: [trades], ...FAST })
  const two = projector({ ledger, sinks: [sink], projections: [trades], ...FAST })
  await sleep(1_500)
  const { rows } = await ledger.database.query<{ runner: string; count: number }>(
    "select runner, count(*)::integer as count from views.runs where sink = 'memory' and leased_until > clock_timestamp() group by runner",
  )
  assert.deepEqual(
    rows.map(({ count }) => count),
    [8, 8],
  )
  await write('b', 10)
  await assertWhole(ledger, sink, trades)
  await two[Symbol.asyncDispose]()
  await write('c', 10)
  await assertWhole(ledger, sink, trades)
  assert.equal((await one.control.status({ sink: 'memory', view: trades.name })).state, 'running')
})

/** Throws at trades of an instrument called POISON. */
const fragile = defineProjection<'trade', { readonly owner: string; readonly count: number }>({
  name: 'fragile',
  version: 1,
  summary: 'Breaks, for tests',
  kinds: ['trade'],
  key: ({ state }) => state.owner,
  apply(document, { state }) {
    if (state.instrument === 'POISON') throw new Error('it is poison')
    return { owner: state.owner, count: (document?.count ?? 0) + 1 }
  },
  shown: z.object({}),
  filters: ['owner'],
  spreadBy: { member: 'owner', of: (key) => key },
})

const stateOf = (one: Projector, state: string, run = { sink: 'memory', view: 'fragile' }) =>
  inState(one, run, (status) => status.state === state)

test('a poisoned version stops its partition only, until a person skips it; the skip is in the ledger', async () => {
  await using sink = memorySink()
  const run = { sink: 'memory', view: 'fragile' }
  await using one = projector({ ledger, sinks: [sink], projections: [fragile, views['trades'] as Projection], ...FAST })
  const [poison] = await appendUnit(ledger, [submitted('trade:poisoned:T-1', { instrument: 'POISON' })])
  await appendUnit(ledger, [submitted('trade:poisoned:T-2')])
  await appendUnit(ledger, [submitted('trade:healthy:T-1')])
  const { deadLetters, error } = await stateOf(one, 'stopped')
  const [letter] = deadLetters
  assert.ok(letter && poison)
  assert.deepEqual(
    [deadLetters.length, letter.entityId, letter.version, letter.position, letter.error, error],
    [1, 'trade:poisoned:T-1', 1, poison.position, 'it is poison', 'it is poison'],
  )
  await assertWhole(ledger, sink, views['trades'] as Projection)
  const view = await sink.open(fragile, 'live')
  assert.equal((await view.places()).get(letter.partition)?.position, letter.position - 1)
  assert.deepEqual((await view.read({ filters: {}, key: 'poisoned', limit: 1 })).documents, [])

  await one.control.retry(run) // and fails again
  await sleep(300)
  await stateOf(one, 'stopped')
  await skip(ledger, run, letter, { actor: 'ops', reason: 'known to be wrong' })
  await one.control.retry(run)
  await stateOf(one, 'running')
  await caughtUp(ledger, sink, fragile)
  assert.deepEqual((await view.read({ filters: {}, key: 'poisoned', limit: 1 })).documents[0]?.document, { owner: 'poisoned', count: 1 })
  const record = await ledger.read.latest(`deadletter:memory:fragile.${letter.partition}.${letter.position}`)
  assert.deepEqual([record?.event, record?.actor, record?.data['reason']], ['VersionSkipped', 'ops', 'known to be wrong'])
})

test('paused it stands still, resumed it goes on', async () => {
  await using sink = memorySink()
  const run = { sink: 'memory', view: 'tickets' }
  const tickets = views['tickets'] as Projection
  await using one = projector({ ledger, sinks: [sink], projections: [tickets], ...FAST })
  await caughtUp(ledger, sink, tickets)
  await one.control.pause(run, 'ops')
  await stateOf(one, 'paused', run)
  await sleep(400)
  await appendUnit(ledger, [opened('ticket:paused:K-1')])
  await sleep(400)
  const view = await sink.open(tickets, 'live')
  assert.deepEqual((await view.read({ filters: {}, key: 'ticket:paused:K-1', limit: 1 })).documents, [])
  assert.ok((await one.control.status(run)).lag.versions > 0)
  await one.control.resume(run)
  await caughtUp(ledger, sink, tickets)
  assert.equal((await view.read({ filters: {}, key: 'ticket:paused:K-1', limit: 1 })).documents.length, 1)
})

test('a sink that fails stops only itself, says so, and goes on when it is back', async () => {
  const memory = memorySink()
  let broken = true
  const failing: Sink = {
    ...memory,
    name: 'failing',
    open: async (projection, slot) => {
      const view = await memory.open(projection, slot)
      return { ...view, write: (batch) => (broken ? Promise.reject(new Error('the disk is full')) : view.write(batch)) }
    },
  }
  await using healthy = memorySink()
  const tickets = views['tickets'] as Projection
  await using one = projector({ ledger, sinks: [failing, healthy], projections: [tickets], ...FAST })
  await assertWhole(ledger, healthy, tickets)
  const status = await stateOf(one, 'retrying', { sink: 'failing', view: 'tickets' })
  assert.equal(status.error, 'the disk is full')
  broken = false
  await caughtUp(ledger, failing, tickets)
  await stateOf(one, 'running', { sink: 'failing', view: 'tickets' })
})
